using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>A content block as it stands in <c>content</c> or <c>content_block_start</c>.</summary>
internal readonly record struct AnthropicBlock(
    JsonText Type, JsonText Text, JsonText Thinking, JsonText Signature, JsonText Data, JsonText Id, JsonText Name, JsonRaw Input, JsonRaw Citations, JsonRaw Raw)
{
    public BlockKind Kind =>
        Type.ValueEquals("text"u8) ? BlockKind.Text
        : Type.ValueEquals("thinking"u8) ? BlockKind.Reasoning
        : Type.ValueEquals("redacted_thinking"u8) ? BlockKind.RedactedReasoning
        : Type.ValueEquals("tool_use"u8) ? BlockKind.ToolCall
        : BlockKind.Foreign;

    /// <summary>The text that the block brings along; absent when there is none.</summary>
    public JsonText Words => Kind switch
    {
        BlockKind.Text => Text,
        BlockKind.Reasoning => Thinking,
        _ => default,
    };

    /// <summary>The input, as the string token that carries it; absent when it is missing or the empty object that a stream begins with.</summary>
    public JsonText InputText
    {
        get
        {
            var trimmed = Input.Utf8.Span;
            return Input.IsPresent && !Input.IsNull && !IsEmptyObject(trimmed) ? JsonEscapes.Quote(trimmed) : default;
        }
    }

    /// <summary>The opening event.</summary>
    public BlockOpened Open(int block) => Kind switch
    {
        BlockKind.ToolCall => new BlockOpened(block, BlockKind.ToolCall, CallId: Id, Name: Name.IsEmpty ? JsonText.FromString($"tool_{block}") : Name) { IsNameMadeUp = Name.IsEmpty },
        BlockKind.RedactedReasoning => new BlockOpened(block, BlockKind.RedactedReasoning, Opaque: Data),
        BlockKind.Foreign => new BlockOpened(block, BlockKind.Foreign, Raw: Raw),
        var kind => new BlockOpened(block, kind),
    };

    public static AnthropicBlock Read(JsonRaw raw)
    {
        var cursor = new JsonCursor(raw.Utf8);
        if (!cursor.EnterObject())
        {
            throw new JsonException("a content block is not an object");
        }

        JsonText type = default, text = default, thinking = default, signature = default, data = default, id = default, name = default;
        JsonRaw input = default, citations = default;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("text"u8))
            {
                text = cursor.Text();
            }
            else if (cursor.NameIs("thinking"u8))
            {
                thinking = cursor.Text();
            }
            else if (cursor.NameIs("signature"u8))
            {
                signature = cursor.Text();
            }
            else if (cursor.NameIs("data"u8))
            {
                data = cursor.Text();
            }
            else if (cursor.NameIs("id"u8))
            {
                id = cursor.Text();
            }
            else if (cursor.NameIs("name"u8))
            {
                name = cursor.Text();
            }
            else if (cursor.NameIs("input"u8))
            {
                input = cursor.Raw();
            }
            else if (cursor.NameIs("citations"u8))
            {
                citations = cursor.Raw();
            }
        }

        return new AnthropicBlock(type, text, thinking, signature, data, id, name, input, citations, raw);
    }

    private static bool IsEmptyObject(ReadOnlySpan<byte> json) => json[0] == (byte)'{' && json[1..^1].IndexOfAnyExcept(" \t\r\n"u8) < 0;
}
