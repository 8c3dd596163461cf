using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIResponses.Requests;

/// <summary>Writes the input items (spec/protocols.md 3.1, 4.1).</summary>
internal readonly struct ResponsesItemWriter(Utf8JsonWriter writer, Conversation conversation, WriteContext context, ToolNameMap names)
{
    public RequestProblem? Write()
    {
        if (context.SystemPreamble.Length > 0)
        {
            OpenMessage("developer"u8);
            WriteText("input_text"u8, JsonText.FromString(context.SystemPreamble));
            CloseMessage();
        }

        foreach (var item in Turns.Pair(conversation.Items, context))
        {
            switch (item)
            {
                case MessageItem message:
                    WriteMessage(message);
                    break;
                case ReasoningItem reasoning:
                    WriteReasoning(reasoning);
                    break;
                case ToolCallItem call:
                    WriteCall(call);
                    break;
                case ToolResultItem result:
                    WriteResult(result);
                    break;
                case ForeignItem foreign when foreign.Type.ValueEquals("item_reference"u8):
                    return ItemReferences.Unknown(foreign.Id.ToString());
                default:
                    context.Lose("a built-in item");
                    break;
            }
        }

        return null;
    }

    private void WriteMessage(MessageItem message)
    {
        if (message.Role == Role.System && !message.IsTopLevel && conversation.Origin == Dialect.AnthropicMessages)
        {
            WriteReminder(message);
            return;
        }

        var isAssistant = message.Role == Role.Assistant;
        var isOpen = false;
        foreach (var part in message.Parts)
        {
            if (!IsCarried(part, message.Role))
            {
                continue;
            }

            if (!isOpen)
            {
                // the backend refuses the role system
                OpenMessage(message.Role switch { Role.User => "user"u8, Role.Assistant => "assistant"u8, _ => "developer"u8 });
                isOpen = true;
            }

            WritePart(part, isAssistant);
        }

        if (isOpen)
        {
            CloseMessage();
        }
    }

    /// <summary>A system message between the turns stays at its place, marked as what it is (spec/protocols.md 3.1).</summary>
    private void WriteReminder(MessageItem message)
    {
        if (SystemReminder.Of(message) is { IsPresent: true } reminder)
        {
            OpenMessage("user"u8);
            WriteText("input_text"u8, reminder);
            CloseMessage();
        }
    }

    private bool IsCarried(ContentPart part, Role role)
    {
        switch (part)
        {
            case TextPart text:
                return !text.Text.IsEmpty && !(role is Role.System or Role.Developer && SystemTexts.IsBilling(text.Text));
            case RefusalPart refusal:
                return !refusal.Text.IsEmpty;
            case ImagePart or FilePart when role == Role.Assistant:
                context.Lose("media in an assistant's message");
                return false;
            case ImagePart { Source.FileId.IsPresent: true } or FilePart { Source.FileId.IsPresent: true } when conversation.Origin == Dialect.AnthropicMessages:
                context.Lose("a file by its id");
                return false;
            case ImagePart or FilePart:
                return true;
            case ForeignPart foreign when role == Role.User && foreign.Type.ValueEquals("input_audio"u8):
                return true;
            default:
                context.Lose("a content part of another dialect");
                return false;
        }
    }

    private void WritePart(ContentPart part, bool isAssistant)
    {
        switch (part)
        {
            case TextPart text:
                WriteText(isAssistant ? "output_text"u8 : "input_text"u8, text.Text);
                break;
            case RefusalPart refusal:
                WriteText(isAssistant ? "output_text"u8 : "input_text"u8, refusal.Text);
                break;
            case ImagePart image:
                WriteImage(image);
                break;
            case FilePart file:
                WriteFile(file);
                break;
            case ForeignPart foreign:
                writer.WriteRawValue(foreign.Raw.Utf8.Span, skipInputValidation: true);
                break;
        }
    }

    private void WriteText(ReadOnlySpan<byte> type, JsonText text)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteText("text"u8, text);
        writer.WriteEndObject();
    }

    private void WriteImage(ImagePart image)
    {
        var source = image.Source;
        writer.WriteStartObject();
        writer.WriteString("type"u8, "input_image"u8);
        if (source.FileId.IsPresent)
        {
            writer.WriteText("file_id"u8, source.FileId);
        }
        else
        {
            writer.WritePropertyName("image_url"u8);
            writer.WriteAddress(source);
        }

        writer.WriteText("detail"u8, image.Detail);
        writer.WriteEndObject();
    }

    private void WriteFile(FilePart file)
    {
        var source = file.Source;
        if (source.PlainText.IsPresent)
        {
            WriteText("input_text"u8, source.PlainText);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "input_file"u8);
        if (source.FileId.IsPresent)
        {
            writer.WriteText("file_id"u8, source.FileId);
        }
        else if (source.Url.IsPresent)
        {
            writer.WriteText("file_url"u8, source.Url);
        }
        else
        {
            writer.WritePropertyName("file_data"u8);
            writer.WriteAddress(source);
            writer.WritePropertyName("filename"u8);
            writer.WriteText(file.Name.IsEmpty ? MediaSources.DefaultName : file.Name);
        }

        writer.WriteEndObject();
    }

    private void WriteReasoning(ReasoningItem reasoning)
    {
        // only what this family made, unread and unchanged (spec/protocols.md 1.8, E72, E73)
        if (context.StripReasoning || ReasoningSignature.Classify(reasoning.Signature, out var encrypted) != ReasoningFamily.Codex)
        {
            context.Lose("reasoning of another model");
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "reasoning"u8);
        writer.WriteStartArray("summary"u8);
        writer.WriteEndArray();
        writer.WriteNull("content"u8);
        writer.WriteText("encrypted_content"u8, encrypted);
        writer.WriteEndObject();
    }

    private void WriteCall(ToolCallItem call)
    {
        var isCustom = IsCustom(call.Name, call.Namespace, call.IsCustom);
        writer.WriteStartObject();
        writer.WriteString("type"u8, isCustom ? "custom_tool_call"u8 : "function_call"u8);
        writer.WriteText("call_id"u8, StableIds.Short(call.CallId));
        writer.WriteText("name"u8, names.Of(call.Name, call.Namespace));
        writer.WritePropertyName(isCustom ? "input"u8 : "arguments"u8);
        ToolInputs.WriteText(writer, call, wrapCustom: !isCustom);
        writer.WriteEndObject();
        if (isCustom)
        {
            _customCalls.Add(call.CallId);
        }
    }

    /// <summary>What a tool was declared as beats how the client words a call of it; undeclared ones are believed.</summary>
    private bool IsCustom(JsonText name, JsonText ns, bool said) => names.Find(name, ns) is { } tool ? tool.Kind == ToolKind.Custom : said;

    private readonly HashSet<JsonText> _customCalls = [];

    private void WriteResult(ToolResultItem result)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, _customCalls.Contains(result.CallId) ? "custom_tool_call_output"u8 : "function_call_output"u8);
        writer.WriteText("call_id"u8, StableIds.Short(result.CallId));
        writer.WritePropertyName("output"u8);
        WriteOutput(result);
        writer.WriteEndObject();
    }

    private void WriteOutput(ToolResultItem result)
    {
        if (ToolOutputs.AsPlainText(result) is { } plain)
        {
            if (result.IsError)
            {
                writer.WriteSpliced(ToolOutputs.ErrorPrefix, plain.Escaped);
            }
            else
            {
                writer.WriteText(plain);
            }

            return;
        }

        writer.WriteStartArray();
        if (result.IsError)
        {
            WriteText("input_text"u8, ToolOutputs.ErrorText);
        }

        foreach (var part in result.Parts)
        {
            if (part is TextPart { Text.IsEmpty: false } or ImagePart or FilePart && IsCarried(part, Role.User))
            {
                WritePart(part, isAssistant: false);
            }
            else if (part is ForeignPart foreign)
            {
                writer.WriteStartObject();
                writer.WriteString("type"u8, "input_text"u8);
                writer.WritePropertyName("text"u8);
                writer.WriteEscaped(foreign.Raw.Utf8.Span);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
    }

    private void OpenMessage(ReadOnlySpan<byte> role)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "message"u8);
        writer.WriteString("role"u8, role);
        writer.WriteStartArray("content"u8);
    }

    private void CloseMessage()
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
