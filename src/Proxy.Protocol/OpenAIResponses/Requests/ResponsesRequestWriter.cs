using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIResponses.Requests;

/// <summary>
/// Writes a conversation as a body of <see cref="Dialect.OpenAIResponses"/>, in the subset that the Codex backend takes:
/// stateless, streamed, with nothing in it that the backend refuses (spec/protocols.md 2.1, 2.2).
/// </summary>
public static class ResponsesRequestWriter
{
    private const int MaxToolName = 64;

    /// <summary>Writes the body and fills what <paramref name="context"/> gives back.</summary>
    /// <returns>Null, or why the request can't be expressed for this upstream; then nothing usable was written.</returns>
    public static RequestProblem? Write(Conversation conversation, WriteContext context, IBufferWriter<byte> output)
    {
        var names = ToolNameMap.Build(conversation, MaxToolName, static tool => tool.Kind != ToolKind.Foreign, context);
        using var writer = TextTokens.OpenWriter(output);
        writer.WriteStartObject();
        writer.WriteString("model"u8, context.Model);
        writer.WriteString("instructions"u8, ""u8);
        writer.WriteStartArray("input"u8);
        if (new ResponsesItemWriter(writer, conversation, context, names).Write() is { } problem)
        {
            return problem;
        }

        writer.WriteEndArray();
        WriteTools(writer, conversation, names);
        WriteReasoning(writer, conversation, context);
        WriteText(writer, conversation);
        writer.WriteStartArray("include"u8);
        writer.WriteStringValue("reasoning.encrypted_content"u8);
        writer.WriteEndArray();
        WriteCacheKey(writer, conversation, context);
        if (conversation.Priority)
        {
            writer.WriteString("service_tier"u8, "priority"u8);
        }

        writer.WriteBoolean("store"u8, false);
        writer.WriteBoolean("stream"u8, true);
        writer.WriteEndObject();
        NoteLosses(conversation, context);
        return null;
    }

    private static void WriteTools(Utf8JsonWriter writer, Conversation conversation, ToolNameMap names)
    {
        if (names.Declared.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("tools"u8);
        foreach (var tool in names.Declared)
        {
            writer.WriteStartObject();
            switch (tool.Kind)
            {
                case ToolKind.WebSearch:
                    writer.WriteString("type"u8, "web_search"u8);
                    if (tool.AllowedDomains.IsPresent)
                    {
                        writer.WriteStartObject("filters"u8);
                        writer.WriteRaw("allowed_domains"u8, tool.AllowedDomains);
                        writer.WriteEndObject();
                    }

                    writer.WriteRaw("user_location"u8, tool.UserLocation);
                    writer.WriteText("search_context_size"u8, tool.ContextSize);
                    break;
                case ToolKind.Custom:
                    writer.WriteString("type"u8, "custom"u8);
                    writer.WriteText("name"u8, names.Of(tool.Name, tool.Namespace));
                    writer.WriteText("description"u8, tool.Description);
                    writer.WriteRaw("format"u8, tool.Format);
                    break;
                default:
                    writer.WriteString("type"u8, "function"u8);
                    writer.WriteText("name"u8, names.Of(tool.Name, tool.Namespace));
                    writer.WriteText("description"u8, tool.Description);
                    writer.WritePropertyName("parameters"u8);
                    ToolSchemas.Write(writer, tool.Schema, flattenUnions: false);
                    WriteStrict(writer, tool, conversation.Origin);
                    break;
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WritePropertyName("tool_choice"u8);
        WriteChoice(writer, conversation.ToolChoice, names);
        writer.WriteBoolean("parallel_tool_calls"u8, conversation.ParallelToolCalls ?? true);
    }

    /// <summary>Absent means strict to the backend, which an Anthropic schema was not written for (spec/protocols.md 3.2).</summary>
    private static void WriteStrict(Utf8JsonWriter writer, ToolDeclaration tool, Dialect origin)
    {
        if (origin == Dialect.AnthropicMessages)
        {
            writer.WriteBoolean("strict"u8, false);
        }
        else if (tool.Strict is { } strict)
        {
            writer.WriteBoolean("strict"u8, strict);
        }
    }

    private static void WriteChoice(Utf8JsonWriter writer, ToolChoice? choice, ToolNameMap names)
    {
        if (choice?.Allowed is { } allowed && allowed.Any(one => names.Chosen(one) is not null))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "allowed_tools"u8);
            writer.WriteString("mode"u8, choice.Mode == ToolChoiceMode.Required ? "required"u8 : "auto"u8);
            writer.WriteStartArray("tools"u8);
            foreach (var one in allowed)
            {
                // a tool that was not declared can't be allowed
                if (names.Chosen(one) is not null)
                {
                    WriteChoice(writer, one, names);
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            return;
        }

        switch (choice?.Mode)
        {
            case ToolChoiceMode.Required:
                writer.WriteStringValue("required"u8);
                break;
            case ToolChoiceMode.None:
                writer.WriteStringValue("none"u8);
                break;
            case ToolChoiceMode.Named or ToolChoiceMode.Foreign when names.Chosen(choice) is { } tool:
                writer.WriteStartObject();
                if (tool.Kind == ToolKind.WebSearch)
                {
                    writer.WriteString("type"u8, "web_search"u8);
                }
                else
                {
                    // the declaration decides, not the choice: some clients name a custom tool as a function
                    writer.WriteString("type"u8, tool.Kind == ToolKind.Custom ? "custom"u8 : "function"u8);
                    writer.WriteText("name"u8, names.Of(tool.Name, tool.Namespace));
                }

                writer.WriteEndObject();
                break;
            default:
                writer.WriteStringValue("auto"u8);
                break;
        }
    }

    private static void WriteReasoning(Utf8JsonWriter writer, Conversation conversation, WriteContext context)
    {
        // the backend thinks a little where nobody says anything (spec/protocols.md 1.3)
        var wish = ThinkingWish.Stronger(context.Thinking, conversation.Thinking) ?? new ThinkingWish(ThinkingMode.Level, "medium");
        var effort = Thinking.ToEffort(wish, context.Info);
        if (effort is "auto")
        {
            effort = "medium";
        }

        if (Thinking.Unmet(wish, effort) is { } unmet)
        {
            context.Lose(unmet);
        }

        var summary = wish.Mode == ThinkingMode.None ? null : SummaryOf(conversation);
        if (effort is null || (context.Info is { Thinking: null }))
        {
            return;
        }

        writer.WriteStartObject("reasoning"u8);
        writer.WriteString("effort"u8, effort);
        if (summary is not null)
        {
            writer.WriteString("summary"u8, summary);
        }

        writer.WriteEndObject();
    }

    /// <summary>An Anthropic client that did not switch thinking on would not know what to do with it; a chat client just gets it (spec/protocols.md 1.5).</summary>
    private static string? SummaryOf(Conversation conversation) => conversation.ReasoningVisibility switch
    {
        ReasoningVisibility.Hidden => null,
        ReasoningVisibility.Concise => "concise",
        ReasoningVisibility.Detailed => "detailed",
        ReasoningVisibility.Auto => "auto",
        _ => conversation.Origin == Dialect.OpenAIChat ? "auto" : null,
    };

    private static void WriteText(Utf8JsonWriter writer, Conversation conversation)
    {
        var format = conversation.OutputFormat;
        if (format is null && conversation.Verbosity.IsEmpty)
        {
            return;
        }

        writer.WriteStartObject("text"u8);
        if (format is not null)
        {
            writer.WriteStartObject("format"u8);
            switch (format.Kind)
            {
                case OutputFormatKind.JsonSchema:
                    writer.WriteString("type"u8, "json_schema"u8);
                    writer.WritePropertyName("name"u8);
                    writer.WriteText(format.Name.IsEmpty ? DefaultName : format.Name);
                    writer.WriteText("description"u8, format.Description);
                    if ((format.Strict ?? (conversation.Origin == Dialect.AnthropicMessages ? true : null)) is { } strict)
                    {
                        writer.WriteBoolean("strict"u8, strict);
                    }

                    writer.WritePropertyName("schema"u8);
                    writer.WriteRawValue(format.Schema.IsObject ? format.Schema.Utf8.Span : "{}"u8, skipInputValidation: true);
                    break;
                case OutputFormatKind.JsonObject:
                    writer.WriteString("type"u8, "json_object"u8);
                    break;
                default:
                    writer.WriteString("type"u8, "text"u8);
                    break;
            }

            writer.WriteEndObject();
        }

        if (!conversation.Verbosity.IsEmpty)
        {
            writer.WriteText("verbosity"u8, conversation.Verbosity);
        }

        writer.WriteEndObject();
    }

    private static readonly JsonText DefaultName = JsonText.FromString("output");

    /// <summary>Without a stable key every turn is a cache miss: the client's own, else its session, else its opening.</summary>
    private static void WriteCacheKey(Utf8JsonWriter writer, Conversation conversation, WriteContext context)
    {
        context.PromptCacheKey = !conversation.PromptCacheKey.IsBlank() ? conversation.PromptCacheKey.ToString()
            : !string.IsNullOrWhiteSpace(context.SessionKey) ? StableIds.OfSession(context.SessionKey)
            : StableIds.OfOpening(conversation);
        writer.WriteString("prompt_cache_key"u8, context.PromptCacheKey);
    }

    private static void NoteLosses(Conversation conversation, WriteContext context)
    {
        if (conversation.MaxOutputTokens is not null)
        {
            context.Lose("the output limit");
        }

        if (conversation.Temperature.IsPresent || conversation.TopP.IsPresent || conversation.TopK.IsPresent)
        {
            context.Lose("sampling parameters");
        }

        if (conversation.StopSequences.Count > 0)
        {
            context.Lose("stop sequences");
        }
    }
}
