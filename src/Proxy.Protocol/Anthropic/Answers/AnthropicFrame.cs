using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>The members of one stream event, taken in one pass; all slices of the frame.</summary>
internal readonly record struct AnthropicFrame(JsonText Type, long Index, AnthropicDelta Delta, JsonRaw ContentBlock, JsonRaw Message, Usage Usage, bool HasError)
{
    public static AnthropicFrame Read(ReadOnlyMemory<byte> data)
    {
        var cursor = new JsonCursor(data);
        if (!cursor.EnterObject())
        {
            throw new JsonException("an event is not an object");
        }

        var type = default(JsonText);
        var index = 0L;
        var delta = default(AnthropicDelta);
        JsonRaw block = default, message = default;
        var usage = Usage.Unknown;
        var hasError = false;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("index"u8))
            {
                index = cursor.Int64() ?? 0;
            }
            else if (cursor.NameIs("delta"u8))
            {
                delta = AnthropicDelta.Read(ref cursor);
            }
            else if (cursor.NameIs("content_block"u8))
            {
                block = cursor.Raw();
            }
            else if (cursor.NameIs("message"u8))
            {
                message = cursor.Raw();
            }
            else if (cursor.NameIs("usage"u8))
            {
                usage = AnthropicUsage.Read(ref cursor);
            }
            else if (cursor.NameIs("error"u8))
            {
                hasError = !cursor.IsNull;
            }
        }

        cursor.Finish();
        return new AnthropicFrame(type, index, delta, block, message, usage, hasError);
    }
}

/// <summary>The <c>delta</c> of a block or of the message.</summary>
internal readonly record struct AnthropicDelta(
    JsonText Text, JsonText Thinking, JsonText PartialJson, JsonText Signature, JsonRaw Citation, JsonText StopReason, JsonText StopSequence)
{
    public static AnthropicDelta Read(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            throw new JsonException("a delta is not an object");
        }

        JsonText text = default, thinking = default, partialJson = default, signature = default, stopReason = default, stopSequence = default;
        var citation = default(JsonRaw);
        while (cursor.NextMember())
        {
            if (cursor.NameIs("text"u8))
            {
                text = cursor.Text();
            }
            else if (cursor.NameIs("partial_json"u8))
            {
                partialJson = cursor.Text();
            }
            else if (cursor.NameIs("thinking"u8))
            {
                thinking = cursor.Text();
            }
            else if (cursor.NameIs("signature"u8))
            {
                signature = cursor.Text();
            }
            else if (cursor.NameIs("citation"u8))
            {
                citation = cursor.Raw();
            }
            else if (cursor.NameIs("stop_reason"u8))
            {
                stopReason = cursor.Text();
            }
            else if (cursor.NameIs("stop_sequence"u8))
            {
                stopSequence = cursor.Text();
            }
        }

        return new AnthropicDelta(text, thinking, partialJson, signature, citation, stopReason, stopSequence);
    }
}
