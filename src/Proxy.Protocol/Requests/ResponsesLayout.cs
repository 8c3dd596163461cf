using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Where things lie in a Responses body, and what the Codex backend needs changed inside of its tools.</summary>
internal sealed class ResponsesLayout : RequestLayout
{
    private bool _hasTools;

    /// <summary>Makes the layout of a body.</summary>
    public ResponsesLayout(ReadOnlyMemory<byte> body)
        : base(body) => Input = new ResponsesInput(body, Session);

    /// <summary><c>input</c>.</summary>
    public ResponsesInput Input { get; }

    /// <summary>Changes inside of <c>tools</c> and <c>tool_choice</c>.</summary>
    public JsonEdits ToolEdits { get; } = new();

    /// <summary>Tools are declared, at the top level or by an item.</summary>
    public bool HasTools => Input.HasTools || _hasTools;

    /// <summary>The members of <c>reasoning</c>.</summary>
    public List<JsonMember> Reasoning { get; } = [];

    /// <summary><c>reasoning.effort</c>; null when absent or no string.</summary>
    public string? Effort { get; private set; }

    /// <summary>The client said <c>store:false</c>: it will send what it got, and refer to nothing.</summary>
    public bool KeepsNothing { get; private set; }

    /// <summary>The only member of <c>stream_options</c> is the one that the backend takes.</summary>
    public bool StreamOptionsFit { get; private set; }

    /// <inheritdoc />
    protected override void ReadMember(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "input":
                Input.Read(ref reader);
                HasReasoning |= Input.HasReasoning;
                if (Input.Problem is { } problem)
                {
                    Fail(problem, "input");
                }

                break;
            case "instructions" when reader.TokenType == JsonTokenType.String:
                Session.AddSystem(JsonWalk.Inside(ref reader));
                break;
            case "tools" when reader.TokenType == JsonTokenType.StartArray:
                _hasTools |= HostedTools.ReadAll(ref reader, ToolEdits);
                break;
            case "tool_choice" when reader.TokenType == JsonTokenType.StartObject:
                HostedTools.Read(ref reader, ToolEdits);
                break;
            case "reasoning" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out var start))
                {
                    Effort = member == "effort" && reader.TokenType == JsonTokenType.String ? reader.GetString() : Effort;
                    Reasoning.Add(new JsonMember(member, start, JsonWalk.Skip(ref reader)));
                }

                break;
            case "stream_options" when reader.TokenType == JsonTokenType.StartObject:
                var members = 0;
                while (JsonWalk.NextMember(ref reader, out var option, out _))
                {
                    members++;
                    StreamOptionsFit = members == 1 && option == "reasoning_summary_delivery";
                    reader.Skip();
                }

                break;
            case "store":
                KeepsNothing = reader.TokenType == JsonTokenType.False;
                reader.Skip();
                break;
            case "prompt_cache_key":
                Session.PromptCacheKey = ReadString(ref reader);
                break;
            case "conversation" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out _))
                {
                    Session.ConversationId = member == "id" && reader.TokenType == JsonTokenType.String ? reader.GetString() : Session.ConversationId;
                    reader.Skip();
                }

                break;
            case "conversation" or "conversation_id" when reader.TokenType == JsonTokenType.String:
                Session.ConversationId = reader.GetString();
                break;
            case "metadata":
                Session.ReadMetadata(ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <inheritdoc />
    protected override void Check()
    {
        if (!Member("input").Value.IsPresent)
        {
            Fail("input is required", "input");
        }
    }
}
