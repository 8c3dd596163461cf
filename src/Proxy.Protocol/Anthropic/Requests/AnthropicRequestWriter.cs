using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>
/// Writes a conversation as a body of <see cref="Dialect.AnthropicMessages"/>, under the rules for translated requests
/// (spec/protocols.md 5.1, 5.6, 6.1). What the body will hold is planned first: breakpoints and turns need the whole.
/// </summary>
public static class AnthropicRequestWriter
{
    private const int MaxToolName = 128;
    private const long DefaultMaxTokens = 32000;
    private static readonly JsonText SearchName = JsonText.FromString("web_search");

    /// <summary>Writes the body and fills what <paramref name="context"/> gives back.</summary>
    /// <returns>Null, or why the request can't be expressed for this upstream; then nothing usable was written.</returns>
    public static RequestProblem? Write(Conversation conversation, WriteContext context, IBufferWriter<byte> output)
    {
        var allowed = conversation.ToolChoice?.Allowed;
        var names = ToolNameMap.Build(conversation, MaxToolName, tool => IsKnown(tool) && AllowedTools.Has(allowed, tool), context);
        var plan = ClaudePlan.Of(conversation, context, names.Declared, out var problem);
        if (problem is not null)
        {
            return problem;
        }

        CacheBreakpoints.Settle(plan);
        var maxTokens = MaxTokens(conversation, context.Info);
        var choice = names.Declared.Count == 0 ? null : conversation.ToolChoice;
        var isForced = choice is { Mode: ToolChoiceMode.Required } || names.Chosen(choice) is not null;
        var thinking = ThinkingOf(conversation, context, maxTokens, isForced, plan);

        using var writer = TextTokens.OpenWriter(output);
        writer.WriteStartObject();
        writer.WriteString("model"u8, context.Model);
        writer.WriteNumber("max_tokens"u8, maxTokens);
        WriteSampling(writer, conversation, context, isThinking: thinking is { Type: not "disabled" });
        new ClaudeBlockWriter(writer, names).Write(plan);
        WriteTools(writer, conversation, plan, names);
        WriteThinking(writer, conversation, thinking);
        if (conversation.StopSequences.Count > 0)
        {
            writer.WriteStartArray("stop_sequences"u8);
            foreach (var stop in conversation.StopSequences)
            {
                // the API refuses those of white space only
                if (!stop.IsBlank())
                {
                    writer.WriteText(stop);
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteStartObject("metadata"u8);
        WriteUser(writer, conversation, context);
        writer.WriteEndObject();
        if (conversation is { Priority: true, Origin: Dialect.OpenAIResponses })
        {
            writer.WriteString("speed"u8, "fast"u8);
            context.Betas = ["fast-mode-2026-02-01"];
        }

        writer.WriteBoolean("stream"u8, conversation.Stream);
        writer.WriteEndObject();
        NoteLosses(conversation, context);
        return null;
    }

    /// <summary>The <c>apply_patch</c> grammar means nothing to a Claude model (spec/protocols.md E48).</summary>
    private static bool IsKnown(ToolDeclaration tool) => tool.Kind switch
    {
        ToolKind.Function or ToolKind.WebSearch => true,
        ToolKind.Custom => !tool.Name.ValueEquals("apply_patch"u8),
        _ => false,
    };

    /// <summary>
    /// Temperature, or else top_p: both are one too many (E61). Claude's scale ends at 1 where OpenAI's ends at 2. Models that
    /// think, and all newer ones, refuse them.
    /// </summary>
    private static void WriteSampling(Utf8JsonWriter writer, Conversation conversation, WriteContext context, bool isThinking)
    {
        if (isThinking || context.Info is not { TakesSampling: true })
        {
            if (conversation.Temperature.IsPresent || conversation.TopP.IsPresent)
            {
                context.Lose("sampling parameters");
            }
        }
        else if (conversation.Temperature.IsPresent)
        {
            var isTooHot = Utf8Parser.TryParse(conversation.Temperature.Utf8.Span, out double temperature, out _) && temperature > 1;
            writer.WriteRaw("temperature"u8, isTooHot ? new JsonRaw("1"u8.ToArray()) : conversation.Temperature);
            if (conversation.TopP.IsPresent)
            {
                context.Lose("top_p: Claude takes it or temperature");
            }
        }
        else
        {
            writer.WriteRaw("top_p"u8, conversation.TopP);
        }
    }

    private static long MaxTokens(Conversation conversation, ModelInfo? info)
    {
        var limit = info is { MaxOutput: > 0 } ? info.MaxOutput : long.MaxValue;
        return Math.Min(conversation.MaxOutputTokens ?? DefaultMaxTokens, limit);
    }

    private static ClaudeThinking? ThinkingOf(Conversation conversation, WriteContext context, long maxTokens, bool isForced, ClaudePlan plan)
    {
        if (ThinkingWish.Stronger(context.Thinking, conversation.Thinking) is not { } wish)
        {
            return null;
        }

        if (isForced)
        {
            context.Lose("thinking: a forced tool excludes it");
            return null;
        }

        var thinking = Thinking.ForClaude(wish, context.Info, maxTokens);
        if (thinking is { Type: "enabled" } && plan.EndsInToolLoopWithoutThinking)
        {
            // with a budget the API wants the turn that called the tool to begin with its thinking, and this client has none to send back
            context.Lose("thinking: the running tool turn has none");
            return null;
        }

        if (Thinking.Unmet(wish, thinking) is { } unmet)
        {
            context.Lose(unmet);
        }

        return thinking;
    }

    private static void WriteThinking(Utf8JsonWriter writer, Conversation conversation, ClaudeThinking? thinking)
    {
        if (thinking is not null)
        {
            writer.WriteStartObject("thinking"u8);
            writer.WriteString("type"u8, thinking.Type);
            if (thinking.BudgetTokens is { } budget)
            {
                writer.WriteNumber("budget_tokens"u8, budget);
            }

            if (thinking.Type != "disabled")
            {
                if (conversation.ReasoningVisibility == ReasoningVisibility.Hidden)
                {
                    writer.WriteString("display"u8, "omitted"u8);
                }
                else if (thinking.Type == "adaptive" && conversation.ReasoningVisibility != ReasoningVisibility.Unspecified)
                {
                    writer.WriteString("display"u8, "summarized"u8);
                }
            }

            writer.WriteEndObject();
        }

        var schema = conversation.OutputFormat is { Kind: OutputFormatKind.JsonSchema } format ? format.Schema : default;
        if (thinking?.Effort is null && !schema.IsObject)
        {
            return;
        }

        writer.WriteStartObject("output_config"u8);
        if (thinking?.Effort is { } effort)
        {
            writer.WriteString("effort"u8, effort);
        }

        if (schema.IsObject)
        {
            writer.WriteStartObject("format"u8);
            writer.WriteString("type"u8, "json_schema"u8);
            writer.WriteRaw("schema"u8, schema);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter writer, Conversation conversation, ClaudePlan plan, ToolNameMap names)
    {
        if (names.Declared.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("tools"u8);
        for (var i = 0; i < names.Declared.Count; i++)
        {
            var tool = names.Declared[i];
            writer.WriteStartObject();
            if (tool.Kind == ToolKind.WebSearch)
            {
                writer.WriteString("type"u8, "web_search_20250305"u8);
                writer.WriteText("name"u8, SearchName);
                writer.WriteRaw("allowed_domains"u8, tool.AllowedDomains);
                writer.WriteRaw("user_location"u8, tool.UserLocation);
            }
            else
            {
                writer.WriteText("name"u8, names.Of(tool.Name, tool.Namespace));
                writer.WriteText("description"u8, tool.Description.IsPresent ? tool.Description : JsonText.Empty);
                writer.WritePropertyName("input_schema"u8);
                if (tool.Kind == ToolKind.Custom)
                {
                    ToolSchemas.WriteCustom(writer);
                }
                else
                {
                    ToolSchemas.Write(writer, tool.Schema, flattenUnions: true);
                }
            }

            writer.WriteRaw("cache_control"u8, plan.ToolBreakpoints[i]);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteChoice(writer, conversation, names);
    }

    private static void WriteChoice(Utf8JsonWriter writer, Conversation conversation, ToolNameMap names)
    {
        var choice = conversation.ToolChoice;
        var tool = names.Chosen(choice);
        var type = choice?.Mode switch
        {
            ToolChoiceMode.Required => "any",
            ToolChoiceMode.None => "none",
            ToolChoiceMode.Named or ToolChoiceMode.Foreign when tool is not null => "tool",
            ToolChoiceMode.Auto => "auto",
            _ => conversation.ParallelToolCalls == false ? "auto" : null,
        };
        if (type is null)
        {
            return;
        }

        writer.WriteStartObject("tool_choice"u8);
        writer.WriteString("type"u8, type);
        if (tool is not null)
        {
            writer.WriteText("name"u8, tool.Kind == ToolKind.WebSearch ? SearchName : names.Of(tool.Name, tool.Namespace));
        }

        if (conversation.ParallelToolCalls == false && type != "none")
        {
            writer.WriteBoolean("disable_parallel_tool_use"u8, true);
        }

        writer.WriteEndObject();
    }

    /// <summary>The client's own, else one that is the same on every turn (spec/protocols.md 5.1, E70, E151).</summary>
    private static void WriteUser(Utf8JsonWriter writer, Conversation conversation, WriteContext context)
    {
        if (!conversation.EndUser.IsBlank())
        {
            writer.WriteText("user_id"u8, conversation.EndUser);
        }
        else
        {
            writer.WriteString(
                "user_id"u8,
                !conversation.PromptCacheKey.IsBlank() ? StableIds.Hex(conversation.PromptCacheKey.ToString())
                : !string.IsNullOrWhiteSpace(context.SessionKey) ? StableIds.Hex(context.SessionKey)
                : StableIds.HexOfOpening(conversation));
        }
    }

    private static void NoteLosses(Conversation conversation, WriteContext context)
    {
        if (conversation.OutputFormat is { Kind: OutputFormatKind.JsonObject })
        {
            context.Lose("the output format json_object");
        }

        if (conversation.Verbosity.IsPresent)
        {
            context.Lose("verbosity");
        }
    }
}
