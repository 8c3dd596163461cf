using System.Text;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIResponses.Requests;

/// <summary>Reads a body of <see cref="Dialect.OpenAIResponses"/> into a conversation.</summary>
public static class ResponsesRequestReader
{
    /// <summary>Reads <paramref name="body"/>. On a problem the conversation is null. Never throws; texts are slices of the body.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, out RequestProblem? problem) =>
        ConversationDraft.Read(Dialect.OpenAIResponses, body, ReadMembers, out problem);

    private static void ReadMembers(ref JsonCursor cursor, ConversationDraft draft)
    {
        var hasInput = false;
        JsonText instructions = default, user = default, metadataUser = default, safety = default;
        var late = new List<ToolDeclaration>();
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            var name = cursor.Name;
            var start = cursor.Position;
            if (cursor.NameIs("model"u8))
            {
                draft.Model = cursor.Text();
            }
            else if (cursor.NameIs("input"u8))
            {
                hasInput = !cursor.IsNull;
                ReadInput(ref cursor, draft, late);
            }
            else if (cursor.NameIs("instructions"u8))
            {
                instructions = cursor.Text();
            }
            else if (cursor.NameIs("tools"u8))
            {
                ResponsesTools.Read(ref cursor, draft, draft.Tools);
            }
            else if (cursor.NameIs("tool_choice"u8))
            {
                draft.ToolChoice = ResponsesTools.ReadChoice(ref cursor);
            }
            else if (cursor.NameIs("parallel_tool_calls"u8))
            {
                draft.ParallelToolCalls = cursor.Boolean();
            }
            else if (cursor.NameIs("reasoning"u8))
            {
                ReadReasoning(ref cursor, draft);
            }
            else if (cursor.NameIs("text"u8))
            {
                ResponsesTools.ReadText(ref cursor, draft);
            }
            else if (cursor.NameIs("max_output_tokens"u8))
            {
                draft.MaxOutputTokens = cursor.Int64() is > 0 and var limit ? limit : null;
            }
            else if (cursor.NameIs("stream"u8))
            {
                draft.Stream = cursor.Boolean() ?? false;
                continue;
            }
            else if (cursor.NameIs("stream_options"u8))
            {
                draft.ReadStreamOptions(ref cursor);
                continue;
            }
            else if (cursor.NameIs("temperature"u8))
            {
                draft.Temperature = cursor.Number();
            }
            else if (cursor.NameIs("top_p"u8))
            {
                draft.TopP = cursor.Number();
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
                if (cursor.EnterObject())
                {
                    while (cursor.NextMember())
                    {
                        if (cursor.NameIs("user_id"u8))
                        {
                            metadataUser = cursor.Text();
                        }
                    }
                }
            }
            else
            {
                draft.Unknown.Add(cursor.Member());
            }

            if (IsEchoed(name))
            {
                // a value that was entered stands at its end now; one that nobody took is taken here
                draft.ResponseMembers.Add(new RawMember(name, cursor.Through(start)));
            }
        }

        draft.Tools.AddRange(late);
        draft.EndUser = !metadataUser.IsEmpty ? metadataUser : !user.IsEmpty ? user : safety;
        draft.Flush();
        if (!instructions.IsEmpty)
        {
            draft.Items.Insert(0, new MessageItem(Role.System, [new TextPart(instructions)]) { IsTopLevel = true });
        }

        if (!hasInput)
        {
            draft.Refuse("Missing required parameter: 'input'.", "input");
        }
    }

    private static void ReadInput(ref JsonCursor cursor, ConversationDraft draft, List<ToolDeclaration> tools)
    {
        if (cursor.IsString)
        {
            draft.Add(new MessageItem(Role.User, [new TextPart(cursor.Text())]));
        }
        else if (cursor.EnterArray())
        {
            for (var index = 0; cursor.NextElement(); index++)
            {
                ResponsesItems.Read(ref cursor, draft, tools, index);
            }
        }
        else if (!cursor.IsNull)
        {
            draft.Refuse("Invalid type for 'input': expected a string or a list of items.", "input");
        }
    }

    private static void ReadReasoning(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterObject())
        {
            return;
        }

        JsonText effort = default;
        ReasoningVisibility? summary = null, older = null;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("effort"u8))
            {
                effort = cursor.Text();
            }
            else if (cursor.NameIs("summary"u8))
            {
                summary = VisibilityOf(ref cursor);
            }
            else if (cursor.NameIs("generate_summary"u8))
            {
                older = VisibilityOf(ref cursor);
            }
        }

        draft.Thinking = effort.IsBlank() ? null : Thinking.FromLevel(effort.ToString());
        draft.ReasoningVisibility = draft.Thinking?.Mode == ThinkingMode.None ? ReasoningVisibility.Hidden : summary ?? older ?? ReasoningVisibility.Unspecified;
    }

    private static ReasoningVisibility? VisibilityOf(ref JsonCursor cursor)
    {
        if (cursor.IsNull)
        {
            return ReasoningVisibility.Hidden;
        }

        var word = cursor.Text();
        return word.ValueEquals("none"u8) ? ReasoningVisibility.Hidden
            : word.ValueEquals("concise"u8) ? ReasoningVisibility.Concise
            : word.ValueEquals("detailed"u8) ? ReasoningVisibility.Detailed
            : word.ValueEquals("auto"u8) ? ReasoningVisibility.Auto
            : null;
    }

    /// <summary>The members of a request that stand in a response object too (spec/wire-protocols.md 3.2).</summary>
    private static bool IsEchoed(JsonText name) => Encoding.UTF8.GetString(name.Escaped) is
        "background" or "instructions" or "max_output_tokens" or "max_tool_calls" or "metadata" or "parallel_tool_calls" or "previous_response_id"
        or "prompt_cache_key" or "reasoning" or "safety_identifier" or "service_tier" or "store" or "temperature" or "text" or "tool_choice"
        or "tools" or "top_logprobs" or "top_p" or "truncation" or "user";
}
