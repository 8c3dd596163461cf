using System.Text.Json;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Conversations;

/// <summary>Reads the members of a body; the cursor stands on its object.</summary>
internal delegate void MembersReader(ref JsonCursor cursor, ConversationDraft draft);

/// <summary>A conversation while a reader fills it, member by member, in whatever order the client wrote them.</summary>
internal sealed class ConversationDraft(Dialect origin)
{
    private List<ContentPart>? _parts;
    private Role _role;

    /// <summary>Reads a body with its dialect's <paramref name="members"/>. On a problem the conversation is null. Never throws.</summary>
    public static Conversation? Read(Dialect origin, ReadOnlyMemory<byte> body, MembersReader members, out RequestProblem? problem)
    {
        var draft = new ConversationDraft(origin);
        try
        {
            var cursor = new JsonCursor(body);
            if (!cursor.IsObject)
            {
                problem = new RequestProblem("The body must be a JSON object");
                return null;
            }

            members(ref cursor, draft);
            cursor.Finish();
        }
        catch (JsonException)
        {
            problem = new RequestProblem("The body is not valid JSON");
            return null;
        }

        return draft.Finish(out problem);
    }

    public JsonText Model { get; set; }

    public bool Stream { get; set; }

    public List<ConversationItem> Items { get; } = [];

    public List<ToolDeclaration> Tools { get; } = [];

    public ToolChoice? ToolChoice { get; set; }

    public bool? ParallelToolCalls { get; set; }

    public ThinkingWish? Thinking { get; set; }

    public ReasoningVisibility ReasoningVisibility { get; set; }

    public long? MaxOutputTokens { get; set; }

    public JsonRaw Temperature { get; set; }

    public JsonRaw TopP { get; set; }

    public JsonRaw TopK { get; set; }

    public List<JsonText> StopSequences { get; } = [];

    public OutputFormat? OutputFormat { get; set; }

    public JsonText Verbosity { get; set; }

    public bool Priority { get; set; }

    public JsonText PromptCacheKey { get; set; }

    public JsonText EndUser { get; set; }

    public bool IncludeUsage { get; set; }

    public List<RawMember> ResponseMembers { get; } = [];

    public List<RawMember> Unknown { get; } = [];

    /// <summary>The first thing that can't be served; reading goes on, the answer is a 400.</summary>
    public RequestProblem? Problem { get; private set; }

    public void Refuse(string message, string? parameter) => Problem ??= new RequestProblem(message, parameter);

    /// <summary>Adds a part to the running message of <paramref name="role"/>; <see cref="Flush"/> closes it.</summary>
    public void Add(Role role, ContentPart part)
    {
        if (_parts is not null && _role != role)
        {
            Flush();
        }

        _role = role;
        (_parts ??= []).Add(part);
    }

    /// <summary>Closes the running message, then adds an item of its own.</summary>
    public void Add(ConversationItem item)
    {
        Flush();
        Items.Add(item);
    }

    public void Flush()
    {
        if (_parts is not null)
        {
            Items.Add(new MessageItem(_role, _parts));
            _parts = null;
        }
    }

    /// <summary>Reads <c>stream_options</c>, which some clients send with a body of the other OpenAI dialect (spec/protocols.md E20).</summary>
    public void ReadStreamOptions(ref JsonCursor cursor)
    {
        if (cursor.EnterObject())
        {
            while (cursor.NextMember())
            {
                if (cursor.NameIs("include_usage"u8))
                {
                    IncludeUsage = cursor.Boolean() ?? false;
                }
            }
        }
    }

    private Conversation? Finish(out RequestProblem? problem)
    {
        Flush();
        if (Model.IsEmpty)
        {
            Refuse("model: a model name is required", "model");
        }

        problem = Problem;
        return problem is not null ? null : new Conversation
        {
            Origin = origin,
            Model = Model.ToString(),
            Stream = Stream,
            Items = Items,
            Tools = Tools,
            ToolChoice = ToolChoice,
            ParallelToolCalls = ParallelToolCalls,
            Thinking = Thinking,
            ReasoningVisibility = ReasoningVisibility,
            MaxOutputTokens = MaxOutputTokens,
            Temperature = Temperature,
            TopP = TopP,
            TopK = TopK,
            StopSequences = StopSequences,
            OutputFormat = OutputFormat,
            Verbosity = Verbosity,
            Priority = Priority,
            PromptCacheKey = PromptCacheKey,
            EndUser = EndUser,
            IncludeUsage = IncludeUsage,
            ResponseMembers = ResponseMembers,
            Unknown = Unknown,
        };
    }
}
