using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>Writes <c>system</c> and <c>messages</c> of a plan.</summary>
internal readonly struct ClaudeBlockWriter(Utf8JsonWriter writer, ToolNameMap names)
{
    public void Write(ClaudePlan plan)
    {
        if (plan.System.Count > 0)
        {
            writer.WriteStartArray("system"u8);
            foreach (var block in plan.System)
            {
                WriteBlock(block);
            }

            writer.WriteEndArray();
        }

        writer.WriteStartArray("messages"u8);
        foreach (var turn in plan.Turns)
        {
            writer.WriteStartObject();
            writer.WriteString("role"u8, turn.IsAssistant ? "assistant"u8 : "user"u8);
            writer.WriteStartArray("content"u8);
            foreach (var block in turn.Blocks)
            {
                WriteBlock(block);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteBlock(ClaudeBlock block)
    {
        switch (block.Source)
        {
            case ContentPart part:
                WritePart(part, block.Breakpoint);
                break;
            case ReasoningItem reasoning:
                WriteReasoning(reasoning);
                break;
            case ToolCallItem call:
                writer.WriteStartObject();
                writer.WriteString("type"u8, "tool_use"u8);
                writer.WriteText("id"u8, ToolId(call.CallId));
                writer.WriteText("name"u8, names.Of(call.Name, call.Namespace));
                writer.WritePropertyName("input"u8);
                ToolInputs.WriteObject(writer, call);
                Close(block.Breakpoint);
                break;
            case ToolResultItem result:
                WriteResult(result, block.Breakpoint);
                break;
            default:
                throw new InvalidOperationException("a plan holds parts and items only");
        }
    }

    private void WritePart(ContentPart part, JsonRaw breakpoint)
    {
        switch (part)
        {
            case TextPart text:
                WriteText(text.Text, breakpoint);
                break;
            case RefusalPart refusal:
                WriteText(refusal.Text, breakpoint);
                break;
            case FilePart { Source.PlainText.IsPresent: true } text:
                WriteText(text.Source.PlainText, breakpoint);
                break;
            case ImagePart image:
                WriteMedia("image"u8, image.Source, default, breakpoint);
                break;
            case FilePart file when file.Source.MediaType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true:
                WriteMedia("image"u8, file.Source, default, breakpoint);
                break;
            case FilePart file when file.Source.MediaType?.StartsWith("text/", StringComparison.OrdinalIgnoreCase) == true && Decoded(file.Source) is { } words:
                WriteText(words, breakpoint);
                break;
            case FilePart file:
                WriteMedia("document"u8, file.Source, file.Name, breakpoint);
                break;
            default:
                break;
        }
    }

    private void WriteText(JsonText text, JsonRaw breakpoint)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteText("text"u8, text);
        Close(breakpoint);
    }

    private void WriteMedia(ReadOnlySpan<byte> type, MediaSource source, JsonText title, JsonRaw breakpoint)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteStartObject("source"u8);
        if (source.Url.IsPresent)
        {
            writer.WriteString("type"u8, "url"u8);
            writer.WriteText("url"u8, source.Url);
        }
        else
        {
            writer.WriteString("type"u8, "base64"u8);
            writer.WriteString("media_type"u8, source.TypeBytes());
            writer.WritePropertyName("data"u8);
            writer.WriteSpliced(source.Base64.Span, default);
        }

        writer.WriteEndObject();
        if (!title.IsEmpty)
        {
            writer.WriteText("title"u8, title);
        }

        Close(breakpoint);
    }

    /// <summary>The words of a text file; null when it holds none, or no base64.</summary>
    private static JsonText? Decoded(MediaSource source)
    {
        var base64 = TextTokens.Concat(source.Base64.Span, default).Unescape();
        var bytes = new byte[source.Base64.Length];
        return base64 is { } letters
            && System.Buffers.Text.Base64.DecodeFromUtf8(letters.Span, bytes, out _, out var written) == OperationStatus.Done
            && JsonText.FromString(Encoding.UTF8.GetString(bytes.AsSpan(0, written))) is var text && !text.IsBlank()
            ? text
            : null;
    }

    private void WriteReasoning(ReasoningItem reasoning)
    {
        writer.WriteStartObject();
        if (!reasoning.Redacted.IsEmpty)
        {
            writer.WriteString("type"u8, "redacted_thinking"u8);
            writer.WriteText("data"u8, reasoning.Redacted);
        }
        else
        {
            writer.WriteString("type"u8, "thinking"u8);
            writer.WriteText("thinking"u8, TextTokens.Join(reasoning.Texts, default));
            writer.WriteText("signature"u8, reasoning.Signature);
        }

        writer.WriteEndObject();
    }

    private void WriteResult(ToolResultItem result, JsonRaw breakpoint)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "tool_result"u8);
        writer.WriteText("tool_use_id"u8, ToolId(result.CallId));
        if (ToolOutputs.AsPlainText(result) is { } text)
        {
            writer.WriteText("content"u8, text);
        }
        else
        {
            writer.WriteStartArray("content"u8);
            foreach (var part in result.Parts)
            {
                if (ClaudePlan.IsCarried(part, isAssistant: false, context: null))
                {
                    WritePart(part, default);
                }
            }

            writer.WriteEndArray();
        }

        if (result.IsError)
        {
            writer.WriteBoolean("is_error"u8, true);
        }

        Close(breakpoint);
    }

    private void Close(JsonRaw breakpoint)
    {
        writer.WriteRaw("cache_control"u8, breakpoint);
        writer.WriteEndObject();
    }

    /// <summary>Letters that Claude's ids can't have become <c>_</c>, in call and result alike (spec/protocols.md 1.7, E37).</summary>
    private static JsonText ToolId(JsonText id)
    {
        if (id.Escaped.IndexOfAnyExcept(IdLetters) < 0)
        {
            return id;
        }

        return JsonText.FromString(string.Concat(id.ToString().Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' ? letter : '_')));
    }

    private static readonly SearchValues<byte> IdLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);
}
