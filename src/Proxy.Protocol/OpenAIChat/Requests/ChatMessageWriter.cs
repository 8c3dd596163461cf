using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>Writes the messages: one per run of the model's items, tool messages right behind it (spec/protocols.md 7.1, 8.1).</summary>
internal readonly struct ChatMessageWriter(Utf8JsonWriter writer, Conversation conversation, WriteContext context, ToolNameMap names)
{
    /// <summary>Stands for an image that the model does not take (spec/protocols.md E28).</summary>
    private static readonly JsonText NoImage = JsonText.FromString("[an image was left out: this model takes none]");

    public RequestProblem? Write()
    {
        WriteSystem();
        var items = Turns.Pair(conversation.Items, context);
        for (var i = 0; i < items.Count;)
        {
            switch (items[i])
            {
                case ForeignItem foreign when foreign.Type.ValueEquals("item_reference"u8):
                    return ItemReferences.Unknown(foreign.Id.ToString());
                case var item when Turns.IsAssistant(item):
                    var end = i + 1;
                    while (end < items.Count && Turns.IsAssistant(items[end]) && items[end] is not ForeignItem)
                    {
                        end++;
                    }

                    WriteAssistant(items, i, end);
                    i = end;
                    continue;
                case MessageItem message:
                    WriteMessage(message);
                    break;
                case ToolResultItem result:
                    WriteResult(result);
                    break;
                default:
                    context.Lose("a built-in item");
                    break;
            }

            i++;
        }

        return null;
    }

    /// <summary>The preamble and all text that stands outside of the turns, as one message in front.</summary>
    private void WriteSystem()
    {
        var texts = new List<JsonText>();
        if (context.SystemPreamble.Length > 0)
        {
            texts.Add(JsonText.FromString(context.SystemPreamble));
        }

        foreach (var item in conversation.Items)
        {
            if (item is MessageItem { IsTopLevel: true } message)
            {
                CollectTexts(message, texts);
            }
        }

        WriteText("system"u8, texts);
    }

    private void WriteMessage(MessageItem message)
    {
        if (message.IsTopLevel)
        {
            return;
        }

        if (message.Role is Role.System or Role.Developer)
        {
            if (conversation.Origin == Dialect.AnthropicMessages)
            {
                WriteText("user"u8, SystemReminder.Of(message) is { IsPresent: true } reminder ? [reminder] : []);
                return;
            }

            // "developer" is a word that many servers don't know
            var texts = new List<JsonText>(message.Parts.Count);
            CollectTexts(message, texts);
            WriteText("system"u8, texts);
            return;
        }

        if (!message.Parts.Any(IsSendable))
        {
            var texts = new List<JsonText>(message.Parts.Count);
            CollectTexts(message, texts);
            WriteText("user"u8, texts);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, "user"u8);
        WriteParts(message.Parts);
        writer.WriteEndObject();
    }

    private void CollectTexts(MessageItem message, List<JsonText> texts)
    {
        foreach (var part in message.Parts)
        {
            switch (part)
            {
                case TextPart text when text.Text.IsBlank() || (message.Role == Role.System && SystemTexts.IsBilling(text.Text)):
                    break;
                case TextPart text:
                    texts.Add(text.Text);
                    break;
                case RefusalPart refusal:
                    texts.Add(refusal.Text);
                    break;
                case FilePart { Source.PlainText.IsPresent: true } file:
                    texts.Add(file.Source.PlainText);
                    break;
                case ImagePart when context.Info is { TakesImages: false }:
                    texts.Add(NoImage);
                    context.Lose("an image: the model takes none");
                    break;
                default:
                    context.Lose("a content part of another dialect");
                    break;
            }
        }
    }

    /// <summary>Text only goes as a plain string: many servers refuse lists.</summary>
    private void WriteText(ReadOnlySpan<byte> role, List<JsonText> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteText("content"u8, TextTokens.Join(texts, "\\n\\n"u8));
        writer.WriteEndObject();
    }

    private void WriteAssistant(List<ConversationItem> items, int start, int end)
    {
        var texts = new List<JsonText>();
        var reasoning = new List<JsonText>();
        var calls = 0;
        for (var i = start; i < end; i++)
        {
            switch (items[i])
            {
                case MessageItem message:
                    CollectTexts(message, texts);
                    break;
                case ReasoningItem item when MayReplay(item):
                    CollectReasoning(item, reasoning);
                    break;
                case ToolCallItem:
                    calls++;
                    break;
                default:
                    context.Lose("reasoning or a built-in item");
                    break;
            }
        }

        if (texts.Count == 0 && calls == 0)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteText("content"u8, TextTokens.Join(texts, "\\n\\n"u8));
        if (reasoning.Count > 0)
        {
            writer.WriteText("reasoning_content"u8, TextTokens.Join(reasoning, "\\n\\n"u8));
        }

        if (calls > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            for (var i = start; i < end; i++)
            {
                if (items[i] is ToolCallItem call)
                {
                    WriteCall(call);
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <summary>Unsigned reasoning came from such a server; a Claude signature says that it is not meant for one (spec/protocols.md 7.1).</summary>
    private bool MayReplay(ReasoningItem item) =>
        !context.StripReasoning && !item.Redacted.IsPresent
        && ReasoningSignature.Classify(item.Signature, out _) is ReasoningFamily.Unsigned or ReasoningFamily.Codex;

    private static void CollectReasoning(ReasoningItem item, List<JsonText> reasoning)
    {
        foreach (var text in item.Texts)
        {
            if (!text.IsBlank() && !reasoning.Contains(text))
            {
                reasoning.Add(text);
            }
        }
    }

    private void WriteCall(ToolCallItem call)
    {
        writer.WriteStartObject();
        writer.WriteText("id"u8, call.CallId);
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteText("name"u8, names.Of(call.Name, call.Namespace));
        writer.WritePropertyName("arguments"u8);
        ToolInputs.WriteText(writer, call, wrapCustom: true);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteResult(ToolResultItem result)
    {
        if (context.Info is { TakesImages: false } && result.Parts.Any(static part => part is ImagePart))
        {
            context.Lose("an image: the model takes none");
            result = result with { Parts = [.. result.Parts.Select(static part => part is ImagePart ? new TextPart(NoImage) : part)] };
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, "tool"u8);
        writer.WriteText("tool_call_id"u8, result.CallId);
        if (ToolOutputs.AsPlainText(result) is { } text)
        {
            writer.WritePropertyName("content"u8);
            writer.WriteSpliced(result.IsError ? ToolOutputs.ErrorPrefix : default, text.Escaped);
        }
        else
        {
            WriteParts(result.IsError ? [new TextPart(ToolOutputs.ErrorText), .. result.Parts] : result.Parts);
        }

        writer.WriteEndObject();
    }

    /// <summary>What is sent as a part of its own, not as text; the rest of a message without any is one string, which every server takes.</summary>
    private bool IsSendable(ContentPart part) => part switch
    {
        ImagePart image => context.Info is not { TakesImages: false } && !image.Source.FileId.IsPresent,
        FilePart file => !file.Source.PlainText.IsPresent && !file.Source.Base64.IsEmpty,
        _ => false,
    };

    private void WriteParts(IReadOnlyList<ContentPart> parts)
    {
        writer.WriteStartArray("content"u8);
        foreach (var part in parts)
        {
            switch (part)
            {
                case TextPart text:
                    WriteTextPart(text.Text);
                    break;
                case RefusalPart refusal:
                    WriteTextPart(refusal.Text);
                    break;
                case ImagePart when context.Info is { TakesImages: false }:
                    WriteTextPart(NoImage);
                    context.Lose("an image: the model takes none");
                    break;
                case ImagePart { Source.FileId.IsPresent: false } image:
                    WriteImage(image);
                    break;
                case FilePart { Source.PlainText.IsPresent: true } text:
                    WriteTextPart(text.Source.PlainText);
                    break;
                case FilePart { Source.Base64.IsEmpty: false } file:
                    WriteFile(file);
                    break;
                default:
                    context.Lose("a file by its id or address");
                    break;
            }
        }

        writer.WriteEndArray();
    }

    private void WriteTextPart(JsonText text)
    {
        if (!text.IsBlank())
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "text"u8);
            writer.WriteText("text"u8, text);
            writer.WriteEndObject();
        }
    }

    private void WriteImage(ImagePart image)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "image_url"u8);
        writer.WriteStartObject("image_url"u8);
        writer.WritePropertyName("url"u8);
        writer.WriteAddress(image.Source);
        if (image.Detail.ValueEquals("original"u8))
        {
            // a word that chat completions don't know (spec/protocols.md E27)
            writer.WriteString("detail"u8, "high"u8);
        }
        else
        {
            writer.WriteText("detail"u8, image.Detail);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteFile(FilePart file)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "file"u8);
        writer.WriteStartObject("file"u8);
        writer.WriteText("filename"u8, file.Name.IsEmpty ? MediaSources.DefaultName : file.Name);
        writer.WritePropertyName("file_data"u8);
        writer.WriteAddress(file.Source);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
