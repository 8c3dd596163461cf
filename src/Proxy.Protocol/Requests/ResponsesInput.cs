using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Where things lie in the <c>input</c> of a Responses body, and what the Codex backend needs changed inside of its items.</summary>
internal sealed class ResponsesInput(ReadOnlyMemory<byte> body, SessionCollector session)
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

    /// <summary>An input item, and which of <see cref="Edits"/> are its own.</summary>
    public readonly record struct Item(JsonSpan Span, Fate Fate, int FirstEdit, int EditCount);

    /// <summary>An item that only names another one.</summary>
    public readonly record struct Reference(JsonSpan Span, JsonText Id);

    private readonly List<JsonMember> _members = [];
    private readonly List<JsonMember> _partMembers = [];
    private readonly Dictionary<string, string> _shortenedIds = new(StringComparer.Ordinal);
    private List<Reference>? _references;

    /// <summary>The items of an input that is an array.</summary>
    public List<Item> Items { get; } = [];

    /// <summary>Offset of its bracket.</summary>
    public int Start { get; private set; }

    /// <summary>It is a string.</summary>
    public bool IsText { get; private set; }

    /// <summary>Changes inside of items.</summary>
    public JsonEdits Edits { get; } = new();

    /// <summary>An item declares tools.</summary>
    public bool HasTools { get; private set; }

    /// <summary>An item carries reasoning that is bound to an account.</summary>
    public bool HasReasoning { get; private set; }

    /// <summary>Items that name items of earlier answers; the Codex backend stores none and could not look them up.</summary>
    public IReadOnlyList<Reference> References => _references ?? (IReadOnlyList<Reference>)[];

    /// <summary>The first thing wrong; null when all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the value; leaves the reader at its end.</summary>
    public void Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            IsText = true;
            session.AddPending(JsonWalk.Inside(ref reader));
            session.EndMessage(MessageRole.User);
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Problem ??= "input must be a string or an array";
            reader.Skip();
            return;
        }

        Start = (int)reader.TokenStartIndex;
        while (JsonWalk.NextElement(ref reader))
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadItem(ref reader);
            }
            else
            {
                Problem ??= $"input[{Items.Count}] must be an object";
                reader.Skip();
            }
        }
    }

    private void ReadItem(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        var firstEdit = Edits.Count;
        JsonText type = default, role = default, id = default, encrypted = default;
        _members.Clear();
        while (JsonWalk.NextMember(ref reader, out var name, out var memberStart))
        {
            var valueStart = (int)reader.TokenStartIndex;
            if (name is "content" or "output" && reader.TokenType == JsonTokenType.StartArray)
            {
                ReadParts(ref reader, collect: name == "content" && session.IsOpen);
            }
            else if (name == "content" && reader.TokenType == JsonTokenType.String && session.IsOpen)
            {
                session.AddPending(JsonWalk.Inside(ref reader));
            }
            else if (name == "tools" && reader.TokenType == JsonTokenType.StartArray)
            {
                HasTools = true;
                reader.Skip();
            }
            else
            {
                var text = reader.TokenType == JsonTokenType.String ? new JsonText(body[valueStart..(int)reader.BytesConsumed]) : default;
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
            Edits.Insert(start + 1, "\"type\":\"message\","u8.ToArray());
        }

        if (role.ValueEquals("system"u8))
        {
            Edits.Replace(_members[MemberIndex("role")].Value, "\"developer\""u8.ToArray());
        }

        var fate = kind == "reasoning" ? MendReasoning(start, id, encrypted)
            : kind.StartsWith("compaction", StringComparison.Ordinal) && encrypted.IsPresent ? Fate.Reasoning
            : Fate.Keep;
        if (kind == "item_reference" || (kind.Length == 0 && id.IsPresent && _members.TrueForAll(m => m.Name is "id" or "type")))
        {
            (_references ??= []).Add(new Reference(new JsonSpan(start, (int)reader.BytesConsumed), id));
        }
        else if (kind != "reasoning")
        {
            MendId(kind, id);
        }

        HasReasoning |= fate == Fate.Reasoning && !encrypted.IsEmpty;
        Items.Add(new Item(new JsonSpan(start, (int)reader.BytesConsumed), fate, firstEdit, Edits.Count - firstEdit));
    }

    private void EndMessage(string kind, JsonText role)
    {
        if (session.IsOpen)
        {
            session.EndMessage(kind != "message" ? MessageRole.Other
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
            JsonRemoval.Apply(Edits, [.. _members.Select(m => m.Whole)], start, i => IsIdOrContent(_members[i]));
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
            Edits.Replace(_members[MemberIndex("id")].Value, JsonText.FromString(after).Quoted);
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
                    session.AddPending(JsonWalk.Inside(ref reader));
                }

                hasBreakpoint |= name == "prompt_cache_breakpoint";
                _partMembers.Add(new JsonMember(name, memberStart, JsonWalk.Skip(ref reader)));
            }

            if (hasBreakpoint)
            {
                JsonRemoval.Apply(Edits, [.. _partMembers.Select(m => m.Whole)], start, i => _partMembers[i].Name == "prompt_cache_breakpoint");
            }
        }
    }
}
