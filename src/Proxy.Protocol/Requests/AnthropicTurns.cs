using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Where things lie in the <c>messages</c> of an Anthropic body, and which reasoning Claude would refuse.</summary>
internal sealed class AnthropicTurns(ReadOnlyMemory<byte> body, SessionCollector session)
{
    private static ReadOnlySpan<byte> ServerToolId => "srvtoolu_"u8;

    /// <summary>What is to become of a content block on its way to Claude.</summary>
    public enum Fate
    {
        /// <summary>It stays.</summary>
        Keep,

        /// <summary>Reasoning with a signature that Claude knows: it stays unless reasoning is stripped.</summary>
        Reasoning,

        /// <summary>Reasoning with a foreign, malformed or missing signature, or a search that another provider made: it goes.</summary>
        Foreign,
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

    /// <summary>Offset of the bracket.</summary>
    public int Start { get; private set; }

    /// <summary>The first thing wrong; null when all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the value; leaves the reader at its end.</summary>
    public void Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Problem ??= "messages must be an array";
            reader.Skip();
            return;
        }

        Start = (int)reader.TokenStartIndex;
        while (JsonWalk.NextElement(ref reader))
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadMessage(ref reader);
            }
            else
            {
                Problem ??= $"messages.{Messages.Count} must be an object";
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
                if (session.IsOpen)
                {
                    session.AddPending(JsonWalk.Inside(ref reader));
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

        if (session.IsOpen)
        {
            session.EndMessage(role);
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

        bool isThinking = false, isRedacted = false, isToolUse = false, isServerTool = false, isForeignId = false;
        JsonSpan text = default, signature = default;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            switch (name)
            {
                case "type" when reader.TokenType == JsonTokenType.String:
                    isThinking = reader.ValueTextEquals("thinking"u8);
                    isRedacted = reader.ValueTextEquals("redacted_thinking"u8);
                    isToolUse = reader.ValueTextEquals("tool_use"u8);
                    isServerTool = reader.ValueTextEquals("server_tool_use"u8) || reader.ValueTextEquals("web_search_tool_result"u8);
                    break;
                case "id" or "tool_use_id" when reader.TokenType == JsonTokenType.String:
                    isForeignId = !reader.ValueSpan.StartsWith(ServerToolId);
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

        if (session.IsOpen && text.IsPresent)
        {
            session.AddPending(text);
        }

        var fate = isRedacted ? Fate.Reasoning : Fate.Keep;
        var edit = default(JsonEdit);
        if (isThinking)
        {
            fate = Judge(signature, out edit);
        }
        else if (isServerTool && isForeignId)
        {
            // Told to this client for another provider (E89); Claude refuses ids and contents that it did not make.
            fate = Fate.Foreign;
        }

        Blocks.Add(new Block(new JsonSpan(start, (int)reader.BytesConsumed), fate, edit, isToolUse));
    }

    /// <summary>The rule of spec/protocols.md 1.8; <paramref name="edit"/> mends a signature that is good behind a mark or a layer.</summary>
    private Fate Judge(JsonSpan signature, out JsonEdit edit)
    {
        edit = default;
        var whole = body.Span[signature.Start..signature.End];
        // JSON may write the slash of base64 as \/
        var escaped = whole.IndexOf((byte)'\\') >= 0;
        var text = escaped ? System.Text.Encoding.ASCII.GetBytes(new JsonText(body[(signature.Start - 1)..(signature.End + 1)]).ToString()) : whole;
        var bare = ReasoningSignatures.WithoutMark(text);
        if (!ReasoningSignatures.IsClaude(bare, out var inner))
        {
            return Fate.Foreign;
        }

        if (inner is not null || bare.Length != text.Length)
        {
            edit = new JsonEdit(signature.Start, signature.Length, inner ?? bare.ToArray());
        }

        return Fate.Reasoning;
    }
}
