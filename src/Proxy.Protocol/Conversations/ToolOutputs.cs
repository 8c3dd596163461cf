using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>What a tool said, in the simplest form that holds it.</summary>
internal static class ToolOutputs
{
    /// <summary>Marks a failed tool where the target has no flag for it (design decision 2).</summary>
    public static ReadOnlySpan<byte> ErrorPrefix => "Error: "u8;

    /// <summary>The same as a text of its own, in front of an output in parts.</summary>
    public static JsonText ErrorText { get; } = JsonText.FromString("Error:");

    /// <summary>
    /// The output as one text: a plain string as it came, texts with a blank line between them, parts that nobody knows
    /// as their JSON. Null when images or files need a list.
    /// </summary>
    public static JsonText? AsPlainText(ToolResultItem result)
    {
        switch (result.Parts)
        {
            case []:
                return JsonText.Empty;
            case [TextPart { Text: var only }]:
                return only;
        }

        var texts = new List<JsonText>(result.Parts.Count);
        foreach (var part in result.Parts)
        {
            switch (part)
            {
                case TextPart text when !text.Text.IsEmpty:
                    texts.Add(text.Text);
                    break;
                case RefusalPart refusal:
                    texts.Add(refusal.Text);
                    break;
                case FilePart { Source.PlainText.IsPresent: true } file:
                    texts.Add(file.Source.PlainText);
                    break;
                case ImagePart or FilePart:
                    return null;
                case ForeignPart foreign:
                    texts.Add(TextTokens.Quote(foreign.Raw.Utf8.Span));
                    break;
            }
        }

        return TextTokens.Join(texts, "\\n\\n"u8);
    }
}

/// <summary>System messages between the turns, for targets that have no place for them (spec/protocols.md 3.1, E8).</summary>
internal static class SystemReminder
{
    /// <summary>The message's texts, wrapped; absent when there are none.</summary>
    public static JsonText Of(MessageItem message)
    {
        var texts = new List<JsonText>(message.Parts.Count);
        foreach (var part in message.Parts)
        {
            if (part is TextPart text && !text.Text.IsBlank() && !SystemTexts.IsBilling(text.Text))
            {
                texts.Add(text.Text);
            }
        }

        return texts.Count == 0 ? default
            : TextTokens.Concat("<system-reminder>\\n"u8, TextTokens.Join(texts, "\\n"u8).Escaped, "\\n</system-reminder>"u8);
    }
}
