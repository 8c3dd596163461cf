using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>The members of one chunk, taken in one pass; all slices of the frame. Only the first choice counts: no other one is ever asked for.</summary>
internal readonly record struct ChatChunk(
    JsonText Id, JsonText Model, long? Created, bool HasChoice, ChatDelta Delta, JsonText FinishReason, Usage? Usage, bool IsError)
{
    /// <summary>Reads a chunk or, with <paramref name="message"/> instead of <c>delta</c>, a whole completion.</summary>
    public static ChatChunk Read(ReadOnlyMemory<byte> data, ReadOnlySpan<byte> message)
    {
        var cursor = new JsonCursor(data);
        if (!cursor.EnterObject())
        {
            throw new JsonException("a chunk is not an object");
        }

        JsonText id = default, model = default, finish = default, type = default;
        long? created = null;
        var delta = default(ChatDelta);
        Usage? usage = null;
        bool hasChoices = false, hasChoice = false, hasError = false, hasMessage = false;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("choices"u8))
            {
                hasChoices = cursor.EnterArray();
                while (hasChoices && cursor.NextElement())
                {
                    hasChoice |= ReadChoice(ref cursor, message, ref delta, ref finish);
                }
            }
            else if (cursor.NameIs("id"u8))
            {
                id = cursor.Text();
            }
            else if (cursor.NameIs("model"u8))
            {
                model = cursor.Text();
            }
            else if (cursor.NameIs("created"u8))
            {
                created = cursor.Count();
            }
            else if (cursor.NameIs("usage"u8))
            {
                usage = ChatUsage.Read(ref cursor);
            }
            else if (cursor.NameIs("error"u8))
            {
                hasError = !cursor.IsNull;
            }
            else if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("message"u8))
            {
                hasMessage = !cursor.IsNull;
            }
        }

        cursor.Finish();
        var isError = hasError
            || type.ValueEquals("error"u8) || type.ValueEquals("response.error"u8) || type.ValueEquals("response.failed"u8)
            || (!hasChoices && hasMessage);
        return new ChatChunk(id, model, created, hasChoice, delta, finish, usage, isError);
    }

    private static bool ReadChoice(ref JsonCursor cursor, ReadOnlySpan<byte> message, ref ChatDelta delta, ref JsonText finish)
    {
        if (!cursor.EnterObject())
        {
            return false;
        }

        var index = 0L;
        var mine = default(ChatDelta);
        var reason = default(JsonText);
        while (cursor.NextMember())
        {
            if (cursor.NameIs(message))
            {
                mine = ChatDelta.Read(ref cursor);
            }
            else if (cursor.NameIs("finish_reason"u8))
            {
                reason = cursor.Text();
            }
            else if (cursor.NameIs("index"u8))
            {
                index = cursor.Int64() ?? 0;
            }
        }

        if (index != 0)
        {
            return false;
        }

        delta = mine;
        finish = reason.IsEmpty ? default : reason;
        return true;
    }
}

/// <summary>A <c>delta</c> or a whole <c>message</c>.</summary>
internal readonly record struct ChatDelta(JsonRaw Content, JsonText Refusal, JsonRaw ReasoningContent, JsonRaw Reasoning, JsonRaw ToolCalls, JsonRaw FunctionCall, JsonRaw Annotations)
{
    /// <summary>The reasoning, under whichever name it came; the first name wins unless it is empty (E116, E160).</summary>
    public JsonRaw Thoughts => HasWords(ReasoningContent) ? ReasoningContent : Reasoning;

    public static ChatDelta Read(ref JsonCursor cursor)
    {
        JsonRaw content = default, reasoningContent = default, reasoning = default, toolCalls = default, functionCall = default, annotations = default;
        var refusal = default(JsonText);
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            if (cursor.NameIs("content"u8))
            {
                content = cursor.Raw();
            }
            else if (cursor.NameIs("reasoning_content"u8))
            {
                reasoningContent = cursor.Raw();
            }
            else if (cursor.NameIs("reasoning"u8))
            {
                reasoning = cursor.Raw();
            }
            else if (cursor.NameIs("refusal"u8))
            {
                refusal = cursor.Text();
            }
            else if (cursor.NameIs("tool_calls"u8))
            {
                toolCalls = cursor.Raw();
            }
            else if (cursor.NameIs("function_call"u8))
            {
                functionCall = cursor.Raw();
            }
            else if (cursor.NameIs("annotations"u8))
            {
                annotations = cursor.Raw();
            }
        }

        return new ChatDelta(content, refusal, reasoningContent, reasoning, toolCalls, functionCall, annotations);
    }

    /// <summary>Tells which pages the text of a block refers to.</summary>
    public void Cite(int block, ICollection<AnswerEvent> events)
    {
        if (Annotations.IsArray)
        {
            var cursor = new JsonCursor(Annotations.Utf8);
            for (var inside = cursor.EnterArray(); inside && cursor.NextElement();)
            {
                events.Add(new BlockAnnotated(block, Citation.Read(cursor.Raw())));
            }
        }
    }

    private static bool HasWords(JsonRaw raw) => raw.IsString ? raw.Utf8.Length > 2 : raw.IsArray && raw.Utf8.Length > 2;
}

/// <summary>One entry of <c>tool_calls</c>.</summary>
internal readonly record struct ChatToolCall(long? Index, JsonText Id, JsonText Name, JsonText Input, bool IsCustom)
{
    public static ChatToolCall Read(ref JsonCursor cursor)
    {
        long? index = null;
        JsonText id = default, name = default, input = default;
        var isCustom = false;
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            if (cursor.NameIs("index"u8))
            {
                index = cursor.Int64();
            }
            else if (cursor.NameIs("id"u8))
            {
                id = cursor.Text();
            }
            else if (cursor.NameIs("function"u8) && cursor.IsObject)
            {
                ReadFunction(ref cursor, ref name, ref input);
            }
            else if (cursor.NameIs("custom"u8) && cursor.IsObject)
            {
                isCustom = true;
                ReadFunction(ref cursor, ref name, ref input);
            }
        }

        return new ChatToolCall(index, id.IsEmpty ? default : id, name.IsEmpty ? default : name, input, isCustom);
    }

    public static void ReadFunction(ref JsonCursor cursor, ref JsonText name, ref JsonText input)
    {
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            if (cursor.NameIs("name"u8))
            {
                name = cursor.Text();
            }
            else if (cursor.NameIs("arguments"u8) || cursor.NameIs("input"u8))
            {
                // Some servers send the arguments as an object instead of its text.
                input = cursor.IsObject ? JsonEscapes.Quote(cursor.Raw().Utf8.Span) : cursor.Text();
            }
        }
    }
}
