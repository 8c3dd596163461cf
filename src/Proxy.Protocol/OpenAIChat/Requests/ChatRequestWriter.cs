using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>Writes a conversation as a body of <see cref="Dialect.OpenAIChat"/>, in the part of it that compatible servers understand (spec/protocols.md 7.1, 8.1).</summary>
public static class ChatRequestWriter
{
    private const int MaxToolName = 64;
    private static readonly JsonText DefaultName = JsonText.FromString("output");

    /// <summary>Writes the body and fills what <paramref name="context"/> gives back.</summary>
    /// <returns>Null, or why the request can't be expressed for this upstream; then nothing usable was written.</returns>
    public static RequestProblem? Write(Conversation conversation, WriteContext context, IBufferWriter<byte> output)
    {
        var allowed = conversation.ToolChoice?.Allowed;
        var names = ToolNameMap.Build(
            conversation,
            MaxToolName,
            tool => tool.Kind is ToolKind.Function or ToolKind.Custom && AllowedTools.Has(allowed, tool),
            context);
        using var writer = TextTokens.OpenWriter(output);
        writer.WriteStartObject();
        writer.WriteString("model"u8, context.Model);
        writer.WriteStartArray("messages"u8);
        if (new ChatMessageWriter(writer, conversation, context, names).Write() is { } problem)
        {
            return problem;
        }

        writer.WriteEndArray();
        WriteTools(writer, conversation, names);
        WriteParameters(writer, conversation, context);
        WriteFormat(writer, conversation);
        writer.WriteBoolean("stream"u8, conversation.Stream);
        if (conversation.Stream)
        {
            writer.WriteStartObject("stream_options"u8);
            writer.WriteBoolean("include_usage"u8, true);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
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
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteText("name"u8, names.Of(tool.Name, tool.Namespace));
            writer.WriteText("description"u8, tool.Description);
            writer.WritePropertyName("parameters"u8);
            if (tool.Kind == ToolKind.Custom)
            {
                ToolSchemas.WriteCustom(writer);
            }
            else
            {
                ToolSchemas.Write(writer, tool.Schema, flattenUnions: false);
                if (tool.Strict is { } strict)
                {
                    writer.WriteBoolean("strict"u8, strict);
                }
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteChoice(writer, conversation.ToolChoice, names);
        if (conversation.ParallelToolCalls is { } parallel)
        {
            writer.WriteBoolean("parallel_tool_calls"u8, parallel);
        }
    }

    private static void WriteChoice(Utf8JsonWriter writer, ToolChoice? choice, ToolNameMap names)
    {
        switch (choice?.Mode)
        {
            case ToolChoiceMode.Auto:
                writer.WriteString("tool_choice"u8, "auto"u8);
                break;
            case ToolChoiceMode.None:
                writer.WriteString("tool_choice"u8, "none"u8);
                break;
            case ToolChoiceMode.Required:
                writer.WriteString("tool_choice"u8, "required"u8);
                break;
            case ToolChoiceMode.Named when names.Find(choice.Name, choice.Namespace) is { } tool:
                writer.WriteStartObject("tool_choice"u8);
                writer.WriteString("type"u8, "function"u8);
                writer.WriteStartObject("function"u8);
                writer.WriteText("name"u8, names.Of(tool.Name, tool.Namespace));
                writer.WriteEndObject();
                writer.WriteEndObject();
                break;
            default:
                break;
        }
    }

    private static void WriteParameters(Utf8JsonWriter writer, Conversation conversation, WriteContext context)
    {
        if (conversation.MaxOutputTokens is { } limit)
        {
            writer.WriteNumber("max_tokens"u8, limit);
        }

        // of the two Anthropic wants only one to be used, and its clients send both (spec/protocols.md 7.1)
        var both = conversation.Origin != Dialect.AnthropicMessages;
        writer.WriteRaw("temperature"u8, conversation.Temperature);
        if (both || !conversation.Temperature.IsPresent)
        {
            writer.WriteRaw("top_p"u8, conversation.TopP);
        }

        if (conversation.TopK.IsPresent)
        {
            context.Lose("top_k");
        }

        if (conversation.StopSequences.Count > 0)
        {
            writer.WriteStartArray("stop"u8);
            foreach (var stop in conversation.StopSequences)
            {
                writer.WriteText(stop);
            }

            writer.WriteEndArray();
        }

        if (ThinkingWish.Stronger(context.Thinking, conversation.Thinking) is { } wish)
        {
            var effort = Thinking.ToEffort(wish, context.Info);
            if (effort is not null)
            {
                writer.WriteString("reasoning_effort"u8, effort);
            }

            if (Thinking.Unmet(wish, effort) is { } unmet)
            {
                context.Lose(unmet);
            }
        }

        writer.WriteText("verbosity"u8, conversation.Verbosity);
    }

    private static void WriteFormat(Utf8JsonWriter writer, Conversation conversation)
    {
        if (conversation.OutputFormat is not { } format)
        {
            return;
        }

        writer.WriteStartObject("response_format"u8);
        switch (format.Kind)
        {
            case OutputFormatKind.JsonSchema:
                writer.WriteString("type"u8, "json_schema"u8);
                writer.WriteStartObject("json_schema"u8);
                writer.WriteText("name"u8, format.Name.IsEmpty ? DefaultName : format.Name);
                writer.WriteText("description"u8, format.Description);
                if ((format.Strict ?? (conversation.Origin == Dialect.AnthropicMessages ? true : null)) is { } strict)
                {
                    writer.WriteBoolean("strict"u8, strict);
                }

                writer.WriteRaw("schema"u8, format.Schema);
                writer.WriteEndObject();
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
}
