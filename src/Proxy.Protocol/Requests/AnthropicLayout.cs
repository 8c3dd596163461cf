using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Where things lie in an Anthropic Messages body.</summary>
internal sealed class AnthropicLayout(ReadOnlyMemory<byte> body) : RequestLayout(body)
{
    /// <summary>What is to become of a content block on its way to Claude.</summary>
    public enum Fate
    {
        /// <summary>It stays.</summary>
        Keep,

        /// <summary>Reasoning with a signature that Claude knows: it stays unless reasoning is stripped.</summary>
        Reasoning,

        /// <summary>Reasoning with a foreign, malformed or missing signature: it goes.</summary>
        ForeignReasoning,
    }

    /// <summary>A content block.</summary>
    public readonly record struct Block(JsonSpan Span, Fate Fate, JsonEdit Signature, bool IsToolUse);

    /// <summary>A message with reasoning: its place among the messages and its blocks.</summary>
    public readonly record struct Turn(int Message, int ContentStart, int FirstBlock, int BlockCount);

    /// <summary>All messages.</summary>
    public List<JsonSpan> Messages { get; } = [];

    /// <summary>The messages that carry reasoning.</summary>
    public List<Turn> ReasoningTurns { get; } = [];

    /// <summary>The blocks of <see cref="ReasoningTurns"/>.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>Offset of the bracket of <c>messages</c>.</summary>
    public int MessagesStart { get; private set; }

    /// <summary>True when some reasoning must go whatever the account.</summary>
    public bool HasForeignReasoning { get; private set; }

    /// <summary>The value of <c>betas</c>.</summary>
    public List<string> Betas { get; } = [];

    /// <summary><c>max_tokens</c>; null when not told.</summary>
    public long? MaxTokens { get; private set; }

    /// <summary><c>tool_choice</c> forces a tool: thinking is then refused.</summary>
    public bool ForcesTool { get; private set; }

    /// <summary><c>thinking.type</c> is <c>enabled</c>: a last tool loop must then begin with thinking.</summary>
    public bool EnablesThinking { get; private set; }

    /// <summary>The value of <c>thinking.display</c>.</summary>
    public JsonSpan ThinkingDisplay { get; private set; }

    /// <summary>The members of <c>output_config</c>.</summary>
    public List<JsonMember> OutputConfig { get; } = [];

    /// <summary>An edit that the client asks the provider to make of the context.</summary>
    public readonly record struct ContextEdit(JsonSpan Span, bool ClearsThinking);

    /// <summary>The elements of <c>context_management.edits</c>.</summary>
    public List<ContextEdit> ContextEdits { get; } = [];

    /// <summary>Offset of their bracket.</summary>
    public int ContextEditsStart { get; private set; }

    /// <inheritdoc />
    protected override void ReadMember(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "messages":
                ReadMessages(ref reader);
                break;
            case "system":
                ReadSystem(ref reader);
                break;
            case "metadata":
                Session.ReadMetadata(ref reader);
                break;
            case "betas":
                ReadBetas(ref reader);
                break;
            case "max_tokens":
                MaxTokens = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var max) ? max : null;
                reader.Skip();
                break;
            case "tool_choice" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out _))
                {
                    ForcesTool |= member == "type" && reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("any"u8) || reader.ValueTextEquals("tool"u8));
                    reader.Skip();
                }

                break;
            case "thinking" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out _))
                {
                    EnablesThinking |= member == "type" && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("enabled"u8);
                    var value = JsonWalk.Skip(ref reader);
                    ThinkingDisplay = member == "display" ? value : ThinkingDisplay;
                }

                break;
            case "output_config" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out var start))
                {
                    OutputConfig.Add(new JsonMember(member, start, JsonWalk.Skip(ref reader)));
                }

                break;
            case "context_management" when reader.TokenType == JsonTokenType.StartObject:
                ReadContextManagement(ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <inheritdoc />
    protected override void Check()
    {
        if (!Member("messages").Value.IsPresent)
        {
            Fail("messages is required", "messages");
        }
    }

    private void ReadSystem(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            Session.AddSystem(JsonWalk.Inside(ref reader));
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (JsonWalk.NextElement(ref reader))
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                while (JsonWalk.NextMember(ref reader, out var name, out _))
                {
                    if (name == "text" && reader.TokenType == JsonTokenType.String)
                    {
                        Session.AddSystem(JsonWalk.Inside(ref reader));
                    }

                    reader.Skip();
                }
            }
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadContextManagement(ref Utf8JsonReader reader)
    {
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name != "edits" || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            ContextEditsStart = (int)reader.TokenStartIndex;
            while (JsonWalk.NextElement(ref reader))
            {
                var start = (int)reader.TokenStartIndex;
                var clears = false;
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    while (JsonWalk.NextMember(ref reader, out var member, out _))
                    {
                        clears |= member == "type" && (ReadType(ref reader)?.StartsWith("clear_thinking", StringComparison.Ordinal) ?? false);
                        reader.Skip();
                    }
                }
                else
                {
                    reader.Skip();
                }

                ContextEdits.Add(new ContextEdit(new JsonSpan(start, (int)reader.BytesConsumed), clears));
            }
        }

        static string? ReadType(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
    }

    private void ReadBetas(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            Betas.AddRange((reader.GetString() ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (JsonWalk.NextElement(ref reader))
            {
                if (ReadString(ref reader) is { Length: > 0 } beta)
                {
                    Betas.Add(beta.Trim());
                }
            }
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadMessages(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Fail("messages must be an array", "messages");
            reader.Skip();
            return;
        }

        MessagesStart = (int)reader.TokenStartIndex;
        while (JsonWalk.NextElement(ref reader))
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadMessage(ref reader);
            }
            else
            {
                Fail($"messages.{Messages.Count} must be an object", "messages");
                reader.Skip();
            }

            Messages.Add(new JsonSpan(start, (int)reader.BytesConsumed));
        }
    }

    private void ReadMessage(ref Utf8JsonReader reader)
    {
        var role = MessageRole.Other;
        var firstBlock = Blocks.Count;
        var contentStart = 0;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "role" && reader.TokenType == JsonTokenType.String)
            {
                role = reader.ValueTextEquals("user"u8) ? MessageRole.User : MessageRole.Other;
            }
            else if (name == "content" && reader.TokenType == JsonTokenType.String)
            {
                if (Session.IsOpen)
                {
                    Session.AddPending(JsonWalk.Inside(ref reader));
                }
            }
            else if (name == "content" && reader.TokenType == JsonTokenType.StartArray)
            {
                contentStart = (int)reader.TokenStartIndex;
                while (JsonWalk.NextElement(ref reader))
                {
                    ReadBlock(ref reader);
                }
            }
            else
            {
                reader.Skip();
            }
        }

        if (Session.IsOpen)
        {
            Session.EndMessage(role);
        }

        KeepBlocks(firstBlock, contentStart);
    }

    private void KeepBlocks(int firstBlock, int contentStart)
    {
        for (var i = firstBlock; i < Blocks.Count; i++)
        {
            if (Blocks[i].Fate != Fate.Keep)
            {
                ReasoningTurns.Add(new Turn(Messages.Count, contentStart, firstBlock, Blocks.Count - firstBlock));
                HasReasoning = true;
                return;
            }
        }

        Blocks.RemoveRange(firstBlock, Blocks.Count - firstBlock);
    }

    private void ReadBlock(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Blocks.Add(new Block(JsonWalk.Skip(ref reader), Fate.Keep, default, IsToolUse: false));
            return;
        }

        bool isThinking = false, isRedacted = false, isToolUse = false;
        JsonSpan text = default, signature = default;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            switch (name)
            {
                case "type" when reader.TokenType == JsonTokenType.String:
                    isThinking = reader.ValueTextEquals("thinking"u8);
                    isRedacted = reader.ValueTextEquals("redacted_thinking"u8);
                    isToolUse = reader.ValueTextEquals("tool_use"u8);
                    break;
                case "text" when reader.TokenType == JsonTokenType.String:
                    text = JsonWalk.Inside(ref reader);
                    break;
                case "signature" when reader.TokenType == JsonTokenType.String:
                    signature = JsonWalk.Inside(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (Session.IsOpen && text.IsPresent)
        {
            Session.AddPending(text);
        }

        var fate = isRedacted ? Fate.Reasoning : Fate.Keep;
        var edit = default(JsonEdit);
        if (isThinking)
        {
            fate = Judge(signature, out edit);
        }

        HasForeignReasoning |= fate == Fate.ForeignReasoning;
        Blocks.Add(new Block(new JsonSpan(start, (int)reader.BytesConsumed), fate, edit, isToolUse));
    }

    /// <summary>The rule of spec/protocols.md 1.8; <paramref name="edit"/> mends a signature that is good behind a mark or a layer.</summary>
    private Fate Judge(JsonSpan signature, out JsonEdit edit)
    {
        edit = default;
        var whole = Body.Span[signature.Start..signature.End];
        // JSON may write the slash of base64 as \/
        var escaped = whole.IndexOf((byte)'\\') >= 0;
        var text = escaped ? System.Text.Encoding.ASCII.GetBytes(new JsonText(Body[(signature.Start - 1)..(signature.End + 1)]).ToString()) : whole;
        var bare = ReasoningSignatures.WithoutMark(text);
        if (!ReasoningSignatures.IsClaude(bare, out var inner))
        {
            return Fate.ForeignReasoning;
        }

        if (inner is not null || bare.Length != text.Length)
        {
            edit = new JsonEdit(signature.Start, signature.Length, inner ?? bare.ToArray());
        }

        return Fate.Reasoning;
    }
}
