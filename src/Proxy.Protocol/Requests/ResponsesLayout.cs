using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Where things lie in a Responses body, and what the Codex backend needs changed inside of its items and tools.</summary>
internal sealed class ResponsesLayout(ReadOnlyMemory<byte> body) : RequestLayout(body)
{
    /// <summary>What is to become of an input item.</summary>
    public enum Fate
    {
        /// <summary>It stays.</summary>
        Keep,

        /// <summary>Reasoning or compaction, bound to an account: it stays unless reasoning is stripped.</summary>
        Reasoning,

        /// <summary>It goes.</summary>
        Drop,
    }

    /// <summary>An input item, and which of <see cref="ItemEdits"/> are its own.</summary>
    public readonly record struct Item(JsonSpan Span, Fate Fate, int FirstEdit, int EditCount);

    private readonly List<JsonMember> _members = [];
    private readonly List<JsonMember> _partMembers = [];
    private readonly Dictionary<string, string> _shortenedIds = new(StringComparer.Ordinal);

    /// <summary>The items of an <c>input</c> that is an array.</summary>
    public List<Item> Items { get; } = [];

    /// <summary>Offset of the bracket of <c>input</c>.</summary>
    public int InputStart { get; private set; }

    /// <summary><c>input</c> is a string.</summary>
    public bool InputIsText { get; private set; }

    /// <summary>Changes inside of items.</summary>
    public JsonEdits ItemEdits { get; } = new();

    /// <summary>Changes inside of <c>tools</c> and <c>tool_choice</c>.</summary>
    public JsonEdits ToolEdits { get; } = new();

    /// <summary>Tools are declared, at the top level or by an item.</summary>
    public bool HasTools { get; private set; }

    /// <summary>The members of <c>reasoning</c>.</summary>
    public List<JsonMember> Reasoning { get; } = [];

    /// <summary><c>reasoning.effort</c>; null when absent or no string.</summary>
    public string? Effort { get; private set; }

    /// <summary>The only member of <c>stream_options</c> is the one that the backend takes.</summary>
    public bool StreamOptionsFit { get; private set; }

    /// <inheritdoc />
    protected override void ReadMember(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "input":
                ReadInput(ref reader);
                break;
            case "instructions" when reader.TokenType == JsonTokenType.String:
                Session.AddSystem(JsonWalk.Inside(ref reader));
                break;
            case "tools" when reader.TokenType == JsonTokenType.StartArray:
                HasTools |= ReadTools(ref reader);
                break;
            case "tool_choice" when reader.TokenType == JsonTokenType.StartObject:
                ReadTool(ref reader);
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

    private void ReadInput(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            InputIsText = true;
            Session.AddPending(JsonWalk.Inside(ref reader));
            Session.EndMessage(MessageRole.User);
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Fail("input must be a string or an array", "input");
            reader.Skip();
            return;
        }

        InputStart = (int)reader.TokenStartIndex;
        while (JsonWalk.NextElement(ref reader))
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadItem(ref reader);
            }
            else
            {
                Fail($"input[{Items.Count}] must be an object", "input");
                reader.Skip();
            }
        }
    }

    private void ReadItem(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        var firstEdit = ItemEdits.Count;
        JsonText type = default, role = default, id = default, encrypted = default;
        _members.Clear();
        while (JsonWalk.NextMember(ref reader, out var name, out var memberStart))
        {
            var valueStart = (int)reader.TokenStartIndex;
            if (name is "content" or "output" && reader.TokenType == JsonTokenType.StartArray)
            {
                ReadParts(ref reader, collect: name == "content" && Session.IsOpen);
            }
            else if (name == "content" && reader.TokenType == JsonTokenType.String && Session.IsOpen)
            {
                Session.AddPending(JsonWalk.Inside(ref reader));
            }
            else if (name == "tools" && reader.TokenType == JsonTokenType.StartArray)
            {
                HasTools = true;
                reader.Skip();
            }
            else
            {
                var text = reader.TokenType == JsonTokenType.String ? new JsonText(Body[valueStart..(int)reader.BytesConsumed]) : default;
                switch (name)
                {
                    case "type":
                        type = text;
                        break;
                    case "role":
                        role = text;
                        break;
                    case "id":
                        id = text;
                        break;
                    case "encrypted_content":
                        encrypted = text;
                        break;
                    default:
                        break;
                }

                reader.Skip();
            }

            _members.Add(new JsonMember(name, memberStart, new JsonSpan(valueStart, (int)reader.BytesConsumed)));
        }

        var kind = !type.IsPresent && role.IsPresent ? "message" : type.ToString();
        EndMessage(kind, role);
        if (kind == "message" && !type.IsPresent && MemberIndex("type") < 0)
        {
            ItemEdits.Insert(start + 1, "\"type\":\"message\","u8.ToArray());
        }

        if (role.ValueEquals("system"u8))
        {
            ItemEdits.Replace(_members[MemberIndex("role")].Value, "\"developer\""u8.ToArray());
        }

        var fate = kind == "reasoning" ? MendReasoning(start, id, encrypted)
            : kind.StartsWith("compaction", StringComparison.Ordinal) && encrypted.IsPresent ? Fate.Reasoning
            : Fate.Keep;
        if (kind is not ("reasoning" or "item_reference"))
        {
            MendId(kind, id);
        }

        HasReasoning |= fate == Fate.Reasoning && !encrypted.IsEmpty;
        Items.Add(new Item(new JsonSpan(start, (int)reader.BytesConsumed), fate, firstEdit, ItemEdits.Count - firstEdit));
    }

    private void EndMessage(string kind, JsonText role)
    {
        if (Session.IsOpen)
        {
            Session.EndMessage(kind != "message" ? MessageRole.Other
                : role.ValueEquals("user"u8) ? MessageRole.User
                : role.ValueEquals("system"u8) || role.ValueEquals("developer"u8) ? MessageRole.System
                : MessageRole.Other);
        }
    }

    private int MemberIndex(string name) => _members.FindLastIndex(m => m.Name == name);

    /// <summary>
    /// Encrypted content that is none goes, and the id with it: the backend stores nothing and could not look it up.
    /// An id that is too long can't be shortened while content is bound to it.
    /// </summary>
    private Fate MendReasoning(int start, JsonText id, JsonText encrypted)
    {
        var isEncrypted = ReasoningSignatures.IsCodex(encrypted.Escaped);
        if (isEncrypted)
        {
            if (id.IsPresent && Prefixed(id, "rs_").Length > CodexItemIds.Longest)
            {
                return Fate.Drop;
            }

            MendId("reasoning", id);
            return Fate.Reasoning;
        }

        if (_members.Exists(IsIdOrContent))
        {
            JsonRemoval.Apply(ItemEdits, [.. _members.Select(m => m.Whole)], start, i => IsIdOrContent(_members[i]));
        }

        return Fate.Reasoning;

        static bool IsIdOrContent(JsonMember member) => member.Name is "id" or "encrypted_content";
    }

    private static string Prefixed(JsonText id, string prefix) => id.ToString() is var text && text.StartsWith(prefix, StringComparison.Ordinal) ? text : prefix + text;

    private void MendId(string kind, JsonText id)
    {
        if (!id.IsPresent)
        {
            return;
        }

        var before = id.ToString();
        var after = CodexItemIds.Fit(before, CodexItemIds.PrefixOf(kind), _shortenedIds);
        if (!string.Equals(before, after, StringComparison.Ordinal))
        {
            ItemEdits.Replace(_members[MemberIndex("id")].Value, JsonText.FromString(after).Quoted);
        }
    }

    private void ReadParts(ref Utf8JsonReader reader, bool collect)
    {
        while (JsonWalk.NextElement(ref reader))
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            var hasBreakpoint = false;
            _partMembers.Clear();
            while (JsonWalk.NextMember(ref reader, out var name, out var memberStart))
            {
                if (collect && name == "text" && reader.TokenType == JsonTokenType.String)
                {
                    Session.AddPending(JsonWalk.Inside(ref reader));
                }

                hasBreakpoint |= name == "prompt_cache_breakpoint";
                _partMembers.Add(new JsonMember(name, memberStart, JsonWalk.Skip(ref reader)));
            }

            if (hasBreakpoint)
            {
                JsonRemoval.Apply(ItemEdits, [.. _partMembers.Select(m => m.Whole)], start, i => _partMembers[i].Name == "prompt_cache_breakpoint");
            }
        }
    }

    /// <summary>True when there is at least one.</summary>
    private bool ReadTools(ref Utf8JsonReader reader)
    {
        var any = false;
        while (JsonWalk.NextElement(ref reader))
        {
            any = true;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadTool(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return any;
    }

    /// <summary>A tool, or a tool choice, which may hold tools (spec/protocols.md E44).</summary>
    private void ReadTool(ref Utf8JsonReader reader)
    {
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "type" && reader.TokenType == JsonTokenType.String
                && (reader.ValueTextEquals("web_search_preview"u8) || reader.ValueTextEquals("web_search_preview_2025_03_11"u8)))
            {
                ToolEdits.Replace(JsonWalk.Skip(ref reader), "\"web_search\""u8.ToArray());
            }
            else if (name == "tools" && reader.TokenType == JsonTokenType.StartArray)
            {
                ReadTools(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
