using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>The members of one stream event, taken in one pass; all slices of the frame.</summary>
internal readonly record struct ResponsesFrame(
    JsonText Type, long? OutputIndex, JsonText ItemId, JsonText CallId, long Position, JsonText Delta, JsonText Whole, JsonText Name,
    JsonRaw Part, JsonRaw Item, JsonRaw Response, JsonRaw Annotation, bool HasError)
{
    public static ResponsesFrame Read(ReadOnlyMemory<byte> data)
    {
        var cursor = new JsonCursor(data);
        if (!cursor.EnterObject())
        {
            throw new JsonException("an event is not an object");
        }

        JsonText type = default, itemId = default, callId = default, delta = default, whole = default, name = default;
        JsonRaw part = default, item = default, response = default, annotation = default;
        long? outputIndex = null;
        var position = 0L;
        var hasError = false;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("delta"u8))
            {
                delta = cursor.Text();
            }
            else if (cursor.NameIs("output_index"u8))
            {
                outputIndex = cursor.Int64();
            }
            else if (cursor.NameIs("item_id"u8))
            {
                itemId = cursor.Text();
            }
            else if (cursor.NameIs("content_index"u8) || cursor.NameIs("summary_index"u8))
            {
                position = cursor.Int64() ?? 0;
            }
            else if (cursor.NameIs("text"u8) || cursor.NameIs("arguments"u8) || cursor.NameIs("input"u8) || cursor.NameIs("refusal"u8))
            {
                whole = cursor.Text();
            }
            else if (cursor.NameIs("item"u8))
            {
                item = cursor.Raw();
            }
            else if (cursor.NameIs("part"u8))
            {
                part = cursor.Raw();
            }
            else if (cursor.NameIs("response"u8))
            {
                response = cursor.Raw();
            }
            else if (cursor.NameIs("call_id"u8))
            {
                callId = cursor.Text();
            }
            else if (cursor.NameIs("name"u8))
            {
                name = cursor.Text();
            }
            else if (cursor.NameIs("annotation"u8))
            {
                annotation = cursor.Raw();
            }
            else if (cursor.NameIs("error"u8))
            {
                hasError = !cursor.IsNull;
            }
        }

        cursor.Finish();
        return new ResponsesFrame(type, outputIndex, itemId, callId, position, delta, whole, name, part, item, response, annotation, hasError);
    }
}
