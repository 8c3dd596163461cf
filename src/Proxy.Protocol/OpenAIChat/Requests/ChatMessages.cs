using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>Reads messages. Each is one pass over its members, whatever their order, then a decision by <c>role</c>.</summary>
internal static class ChatMessages
{
    public static void Read(ref JsonCursor cursor, ConversationDraft draft, int index)
    {
        if (!cursor.EnterObject())
        {
            draft.Refuse($"Invalid type for 'messages[{index}]': expected an object.", "messages");
            return;
        }

        JsonText role = default, callId = default, refusal = default, reasoning = default;
        var content = default(ChatContent);
        List<ToolCallItem>? calls = null;
        JsonRaw cache = default;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("role"u8))
            {
                role = cursor.Text();
            }
            else if (cursor.NameIs("content"u8))
            {
                content = ChatContent.Read(ref cursor);
            }
            else if (cursor.NameIs("tool_calls"u8))
            {
                calls = ReadCalls(ref cursor);
            }
            else if (cursor.NameIs("function_call"u8))
            {
                if (cursor.IsObject)
                {
                    (calls ??= []).Add(ReadFunction(ref cursor, default));
                }
            }
            else if (cursor.NameIs("tool_call_id"u8))
            {
                callId = cursor.Text();
            }
            else if (cursor.NameIs("refusal"u8))
            {
                refusal = cursor.Text();
            }
            else if (cursor.NameIs("reasoning_content"u8) || (cursor.NameIs("reasoning"u8) && reasoning.IsEmpty))
            {
                reasoning = cursor.Text();
            }
            else if (cursor.NameIs("cache_control"u8))
            {
                cache = cursor.RawOrAbsent();
            }
        }

        if (role.ValueEquals("system"u8))
        {
            AddMessage(draft, Role.System, content, cache);
        }
        else if (role.ValueEquals("developer"u8))
        {
            AddMessage(draft, Role.Developer, content, cache);
        }
        else if (role.ValueEquals("user"u8))
        {
            AddMessage(draft, Role.User, content, cache);
        }
        else if (role.ValueEquals("assistant"u8))
        {
            AddAssistant(draft, content, refusal, reasoning, calls, cache);
        }
        else if (role.ValueEquals("tool"u8) || role.ValueEquals("function"u8))
        {
            AddResult(draft, callId, content, cache);
        }
        else
        {
            draft.Refuse($"Invalid value for 'messages[{index}].role': expected 'system', 'developer', 'user', 'assistant', 'tool' or 'function'.", "messages");
        }
    }

    private static void AddMessage(ConversationDraft draft, Role role, in ChatContent content, JsonRaw cache)
    {
        var parts = content.Parts ?? [];
        if (cache.IsPresent && parts.Count > 0 && !parts[^1].CacheControl.IsPresent)
        {
            // a message's breakpoint stands behind its last part (spec/protocols.md E150)
            parts[^1] = parts[^1] with { CacheControl = cache };
        }

        if (parts.Count > 0)
        {
            draft.Add(new MessageItem(role, parts));
        }
    }

    private static void AddAssistant(ConversationDraft draft, in ChatContent content, JsonText refusal, JsonText reasoning, List<ToolCallItem>? calls, JsonRaw cache)
    {
        if (!reasoning.IsEmpty)
        {
            draft.Add(new ReasoningItem([reasoning], default));
        }

        var words = content;
        if (!refusal.IsEmpty)
        {
            (words.Parts ??= []).Add(new RefusalPart(refusal));
        }

        var endsWithCall = calls is { Count: > 0 };
        if (words.Parts is { Count: > 0 } parts && !(endsWithCall && parts is [TextPart { Text.IsEmpty: true }]))
        {
            AddMessage(draft, Role.Assistant, words, endsWithCall ? default : cache);
        }

        for (var i = 0; i < (calls?.Count ?? 0); i++)
        {
            var call = calls![i];
            draft.Add(i == calls.Count - 1 && cache.IsPresent ? call with { CacheControl = cache } : call);
        }
    }

    private static void AddResult(ConversationDraft draft, JsonText callId, in ChatContent content, JsonRaw cache)
    {
        var parts = content.Parts ?? [];
        var isText = content.IsText;
        if (parts is [TextPart only] && isText && EncodedImages.TryRead(only.Text) is { } images)
        {
            parts = [.. images];
            isText = false;
        }

        draft.Add(new ToolResultItem(callId, parts)
        {
            IsPlainText = isText,
            CacheControl = cache.IsPresent || parts.Count == 0 ? cache : parts[^1].CacheControl,
        });
    }

    private static List<ToolCallItem>? ReadCalls(ref JsonCursor cursor)
    {
        if (!cursor.EnterArray())
        {
            return null;
        }

        var calls = new List<ToolCallItem>();
        while (cursor.NextElement())
        {
            if (ReadCall(ref cursor) is { } call)
            {
                calls.Add(call);
            }
        }

        return calls;
    }

    /// <summary>A call without a type counts as a function: many servers leave it out, and clients echo that.</summary>
    private static ToolCallItem? ReadCall(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText id = default;
        ToolCallItem? call = null;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("id"u8))
            {
                id = cursor.Text();
            }
            else if (cursor.NameIs("function"u8) && cursor.IsObject)
            {
                call = ReadFunction(ref cursor, default);
            }
            else if (cursor.NameIs("custom"u8) && cursor.IsObject)
            {
                call = ReadFunction(ref cursor, default) with { IsCustom = true };
            }
        }

        return call is null ? null : call with { CallId = id };
    }

    private static ToolCallItem ReadFunction(ref JsonCursor cursor, JsonText id)
    {
        JsonText name = default;
        var input = default(ToolInput);
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            if (cursor.NameIs("name"u8))
            {
                name = cursor.Text();
            }
            else if (cursor.NameIs("arguments"u8) || cursor.NameIs("input"u8))
            {
                input = cursor.IsString ? new ToolInput(default, cursor.Text()) : new ToolInput(cursor.RawOrAbsent(), default);
            }
        }

        return new ToolCallItem(id, name, input);
    }
}
