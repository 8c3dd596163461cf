using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.OpenAIResponses.Requests;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>Reads a body of <see cref="Dialect.OpenAIChat"/> into a conversation.</summary>
public static class ChatRequestReader
{
    /// <summary>Reads <paramref name="body"/>. On a problem the conversation is null. Never throws; texts are slices of the body.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, out RequestProblem? problem)
    {
        var shape = Shape.Neither;
        var conversation = ConversationDraft.Read(
            Dialect.OpenAIChat,
            body,
            (ref JsonCursor cursor, ConversationDraft draft) =>
            {
                shape = ReadMembers(ref cursor, draft);
                if (shape == Shape.Neither)
                {
                    draft.Refuse("Missing required parameter: 'messages'.", "messages");
                }
            },
            out problem);
        if (shape == Shape.Responses)
        {
            // some clients send a Responses body to the chat endpoint (spec/protocols.md E20)
            conversation = ResponsesRequestReader.Read(body, out problem);
            return conversation is null ? null : conversation with { Origin = Dialect.OpenAIChat, ResponseMembers = [] };
        }

        return conversation;
    }

    private enum Shape
    {
        Neither,
        Chat,
        Responses,
    }

    private static Shape ReadMembers(ref JsonCursor cursor, ConversationDraft draft)
    {
        var thinking = new ChatThinking();
        var shape = Shape.Neither;
        long? newerLimit = null;
        JsonText user = default, metadataUser = default, safety = default;
        ToolDeclaration? search = null;
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            if (cursor.NameIs("model"u8))
            {
                draft.Model = cursor.Text();
            }
            else if (cursor.NameIs("messages"u8))
            {
                shape = Shape.Chat;
                ReadMessages(ref cursor, draft);
            }
            else if (cursor.NameIs("input"u8) || cursor.NameIs("instructions"u8))
            {
                shape = shape == Shape.Chat ? shape : Shape.Responses;
            }
            else if (cursor.NameIs("tools"u8))
            {
                ChatTools.Read(ref cursor, draft);
            }
            else if (cursor.NameIs("functions"u8))
            {
                ChatTools.ReadFunctions(ref cursor, draft);
            }
            else if (cursor.NameIs("tool_choice"u8) || cursor.NameIs("function_call"u8))
            {
                draft.ToolChoice = ChatTools.ReadChoice(ref cursor) ?? draft.ToolChoice;
            }
            else if (cursor.NameIs("web_search_options"u8))
            {
                search = ChatTools.ReadSearch(ref cursor);
            }
            else if (cursor.NameIs("parallel_tool_calls"u8))
            {
                draft.ParallelToolCalls = cursor.Boolean();
            }
            else if (thinking.TryRead(ref cursor))
            {
                // taken
            }
            else if (cursor.NameIs("max_tokens"u8))
            {
                draft.MaxOutputTokens = cursor.Int64() is > 0 and var limit ? limit : null;
            }
            else if (cursor.NameIs("max_completion_tokens"u8))
            {
                newerLimit = cursor.Int64() is > 0 and var limit ? limit : null;
            }
            else if (cursor.NameIs("stream"u8))
            {
                draft.Stream = cursor.Boolean() ?? false;
            }
            else if (cursor.NameIs("stream_options"u8))
            {
                draft.ReadStreamOptions(ref cursor);
            }
            else if (cursor.NameIs("temperature"u8))
            {
                draft.Temperature = cursor.Number();
            }
            else if (cursor.NameIs("top_p"u8))
            {
                draft.TopP = cursor.Number();
            }
            else if (cursor.NameIs("top_k"u8))
            {
                draft.TopK = cursor.Number();
            }
            else if (cursor.NameIs("stop"u8))
            {
                ReadStop(ref cursor, draft);
            }
            else if (cursor.NameIs("response_format"u8))
            {
                draft.OutputFormat = ChatTools.ReadFormat(ref cursor);
            }
            else if (cursor.NameIs("verbosity"u8))
            {
                draft.Verbosity = cursor.Text();
            }
            else if (cursor.NameIs("text"u8))
            {
                ReadText(ref cursor, draft);
            }
            else if (cursor.NameIs("service_tier"u8))
            {
                draft.Priority = cursor.Text().ValueEquals("priority"u8);
            }
            else if (cursor.NameIs("prompt_cache_key"u8))
            {
                draft.PromptCacheKey = cursor.Text();
            }
            else if (cursor.NameIs("user"u8))
            {
                user = cursor.Text();
            }
            else if (cursor.NameIs("safety_identifier"u8))
            {
                safety = cursor.Text();
            }
            else if (cursor.NameIs("metadata"u8))
            {
                metadataUser = ReadMetadata(ref cursor);
            }
            else
            {
                draft.Unknown.Add(cursor.Member());
            }
        }

        if (search is not null && !draft.Tools.Exists(static tool => tool.Kind == ToolKind.WebSearch))
        {
            draft.Tools.Add(search);
        }

        // the older name wins when a client sends both (spec/protocols.md E149)
        draft.MaxOutputTokens ??= newerLimit;
        draft.EndUser = !metadataUser.IsEmpty ? metadataUser : !user.IsEmpty ? user : safety;
        thinking.Apply(draft);
        return shape;
    }

    private static void ReadMessages(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterArray())
        {
            draft.Refuse("Invalid type for 'messages': expected an array of objects.", "messages");
            return;
        }

        for (var index = 0; cursor.NextElement(); index++)
        {
            ChatMessages.Read(ref cursor, draft, index);
        }
    }

    private static void ReadStop(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (cursor.Text() is { IsEmpty: false } single)
        {
            draft.StopSequences.Add(single);
        }
        else if (cursor.EnterArray())
        {
            while (cursor.NextElement())
            {
                if (cursor.Text() is { IsEmpty: false } stop)
                {
                    draft.StopSequences.Add(stop);
                }
            }
        }
    }

    private static void ReadText(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (cursor.EnterObject())
        {
            while (cursor.NextMember())
            {
                if (cursor.NameIs("verbosity"u8))
                {
                    draft.Verbosity = cursor.Text();
                }
            }
        }
    }

    private static JsonText ReadMetadata(ref JsonCursor cursor)
    {
        JsonText user = default;
        if (cursor.EnterObject())
        {
            while (cursor.NextMember())
            {
                if (cursor.NameIs("user_id"u8))
                {
                    user = cursor.Text();
                }
            }
        }

        return user;
    }
}
