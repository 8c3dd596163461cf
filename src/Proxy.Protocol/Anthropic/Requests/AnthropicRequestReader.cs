using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>Reads a body of <see cref="Dialect.AnthropicMessages"/> into a conversation.</summary>
public static class AnthropicRequestReader
{
    /// <summary>Reads <paramref name="body"/>. On a problem the conversation is null. Never throws; texts are slices of the body.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, out RequestProblem? problem) =>
        ConversationDraft.Read(Dialect.AnthropicMessages, body, ReadMembers, out problem);

    private static void ReadMembers(ref JsonCursor cursor, ConversationDraft draft)
    {
        var thinking = new AnthropicThinking();
        var hasMessages = false;
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            if (cursor.NameIs("model"u8))
            {
                draft.Model = cursor.Text();
            }
            else if (cursor.NameIs("messages"u8))
            {
                hasMessages = true;
                ReadMessages(ref cursor, draft);
            }
            else if (cursor.NameIs("system"u8))
            {
                var parts = new List<ContentPart>();
                AnthropicBlocks.ReadParts(ref cursor, parts);
                if (parts.Count > 0)
                {
                    draft.Items.Insert(0, new MessageItem(Role.System, parts) { IsTopLevel = true });
                }
            }
            else if (cursor.NameIs("tools"u8))
            {
                AnthropicTools.Read(ref cursor, draft);
            }
            else if (cursor.NameIs("tool_choice"u8))
            {
                AnthropicTools.ReadChoice(ref cursor, draft);
            }
            else if (cursor.NameIs("thinking"u8))
            {
                thinking.ReadThinking(ref cursor);
            }
            else if (cursor.NameIs("output_config"u8))
            {
                thinking.ReadOutputConfig(ref cursor, draft);
            }
            else if (cursor.NameIs("output_format"u8))
            {
                // the beta's name of output_config.format
                draft.OutputFormat ??= AnthropicThinking.ReadFormat(ref cursor);
            }
            else if (cursor.NameIs("max_tokens"u8))
            {
                draft.MaxOutputTokens = cursor.Int64() is > 0 and var limit ? limit : null;
            }
            else if (cursor.NameIs("stream"u8))
            {
                draft.Stream = cursor.Boolean() ?? false;
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
            else if (cursor.NameIs("stop_sequences"u8))
            {
                ReadStops(ref cursor, draft);
            }
            else if (cursor.NameIs("speed"u8) || cursor.NameIs("service_tier"u8))
            {
                var speed = cursor.Text();
                draft.Priority |= speed.ValueEquals("fast"u8) || speed.ValueEquals("priority"u8);
            }
            else if (cursor.NameIs("metadata"u8))
            {
                if (cursor.EnterObject())
                {
                    while (cursor.NextMember())
                    {
                        if (cursor.NameIs("user_id"u8))
                        {
                            draft.EndUser = cursor.Text();
                        }
                    }
                }
            }
            else
            {
                draft.Unknown.Add(cursor.Member());
            }
        }

        thinking.Apply(draft);
        if (!hasMessages)
        {
            draft.Refuse("messages: Field required", "messages");
        }
    }

    private static void ReadStops(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (cursor.EnterArray())
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

    private static void ReadMessages(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterArray())
        {
            draft.Refuse("messages: Input should be a valid list", "messages");
            return;
        }

        for (var index = 0; cursor.NextElement(); index++)
        {
            ReadMessage(ref cursor, draft, index);
        }
    }

    private static void ReadMessage(ref JsonCursor cursor, ConversationDraft draft, int index)
    {
        if (!cursor.EnterObject())
        {
            draft.Refuse($"messages.{index}: Input should be an object", "messages");
            return;
        }

        JsonRaw early = default;
        Role? role = null;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("role"u8))
            {
                role = RoleOf(cursor.Text());
                if (role is null)
                {
                    draft.Refuse($"messages.{index}.role: Input should be 'user', 'assistant' or 'system'", "messages");
                    role = Role.User;
                }
            }
            else if (cursor.NameIs("content"u8))
            {
                if (role is { } known)
                {
                    AnthropicBlocks.ReadContent(ref cursor, draft, known);
                }
                else
                {
                    early = cursor.Raw();
                }
            }
        }

        if (role is null)
        {
            draft.Refuse($"messages.{index}.role: Field required", "messages");
        }
        else if (early.IsPresent)
        {
            var again = new JsonCursor(early.Utf8);
            AnthropicBlocks.ReadContent(ref again, draft, role.Value);
        }

        draft.Flush();
    }

    private static Role? RoleOf(JsonText role) =>
        role.ValueEquals("user"u8) ? Role.User
        : role.ValueEquals("assistant"u8) ? Role.Assistant
        : role.ValueEquals("system"u8) || role.ValueEquals("developer"u8) ? Role.System
        : null;
}
