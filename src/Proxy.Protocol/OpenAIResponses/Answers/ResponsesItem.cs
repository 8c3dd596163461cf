using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>An output item as it stands in <c>output</c> or in an item event.</summary>
internal readonly record struct ResponsesItem(
    JsonText Type, JsonText Id, JsonText CallId, JsonText Name, JsonText Input, JsonText EncryptedContent, JsonRaw Summary, JsonRaw Content,
    JsonRaw Action, JsonRaw Results, JsonRaw Raw)
{
    public bool IsMessage => Type.ValueEquals("message"u8);

    public bool IsReasoning => Type.ValueEquals("reasoning"u8);

    public bool IsFunctionCall => Type.ValueEquals("function_call"u8);

    public bool IsCustomCall => Type.ValueEquals("custom_tool_call"u8);

    public bool IsSearch => Type.ValueEquals("web_search_call"u8);

    public static ResponsesItem Read(JsonRaw raw)
    {
        var cursor = new JsonCursor(raw.Utf8);
        if (!cursor.EnterObject())
        {
            throw new JsonException("an output item is not an object");
        }

        JsonText type = default, id = default, callId = default, name = default, input = default, encrypted = default;
        JsonRaw summary = default, content = default, action = default, results = default;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("id"u8))
            {
                id = cursor.Text();
            }
            else if (cursor.NameIs("call_id"u8))
            {
                callId = cursor.Text();
            }
            else if (cursor.NameIs("name"u8))
            {
                name = cursor.Text();
            }
            else if (cursor.NameIs("arguments"u8) || cursor.NameIs("input"u8))
            {
                input = cursor.Text();
            }
            else if (cursor.NameIs("encrypted_content"u8))
            {
                encrypted = cursor.Text();
            }
            else if (cursor.NameIs("summary"u8))
            {
                summary = cursor.Raw();
            }
            else if (cursor.NameIs("content"u8))
            {
                content = cursor.Raw();
            }
            else if (cursor.NameIs("action"u8))
            {
                action = cursor.Raw();
            }
            else if (cursor.NameIs("results"u8))
            {
                results = cursor.Raw();
            }
        }

        return new ResponsesItem(
            type, Told(id), Told(callId), Told(name), input, Told(encrypted), summary, content, action, results, raw);
    }

    private static JsonText Told(JsonText text) => text.IsEmpty ? default : text;
}

/// <summary>A content part: its kind and its words.</summary>
internal readonly record struct ResponsesPart(bool IsText, bool IsRefusal, JsonText Words, JsonRaw Annotations)
{
    public static ResponsesPart Read(ref JsonCursor cursor)
    {
        JsonText type = default, words = default;
        var annotations = default(JsonRaw);
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("text"u8) || cursor.NameIs("refusal"u8))
            {
                words = cursor.Text();
            }
            else if (cursor.NameIs("annotations"u8))
            {
                annotations = cursor.Raw();
            }
        }

        return new ResponsesPart(type.ValueEquals("output_text"u8) || type.ValueEquals("text"u8), type.ValueEquals("refusal"u8), words, annotations);
    }

    public static ResponsesPart Read(JsonRaw raw)
    {
        var cursor = new JsonCursor(raw.Utf8);
        return Read(ref cursor);
    }
}
