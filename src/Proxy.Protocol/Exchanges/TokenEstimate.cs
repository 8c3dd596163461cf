using Proxy.Protocol.Anthropic.Requests;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// How many tokens a request is about, for upstreams that can't count (spec/protocols.md 12). No tokenizer: words,
/// digits, signs and letters of other scripts are counted as modern vocabularies cut them, which is within some ten
/// percent for prose and code. Fast enough to be asked on every keystroke; never an upstream call.
/// </summary>
public static class TokenEstimate
{
    private const int PerItem = 4;
    private const int PerImage = 1_500;
    private const int PerFileByte = 8;

    /// <summary>Counts the body of a <c>count_tokens</c> request. Null with a problem when it is none.</summary>
    public static long? Count(ReadOnlyMemory<byte> anthropicBody, out RequestProblem? problem)
    {
        var conversation = AnthropicRequestReader.Read(anthropicBody, out problem);
        return conversation is null ? null : Count(conversation);
    }

    /// <summary>Counts instructions, messages, calls, results, tools and the output's schema.</summary>
    public static long Count(Conversation conversation)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        var tokens = 0L;
        foreach (var item in conversation.Items)
        {
            tokens += PerItem + Count(item);
        }

        foreach (var tool in conversation.Tools)
        {
            tokens += PerItem + (tool.Name.IsPresent
                ? Count(tool.Name) + Count(tool.Description) + Count(tool.Schema.Utf8.Span)
                : Count(tool.Raw.Utf8.Span));
        }

        return Math.Max(1, tokens + Count((conversation.OutputFormat?.Schema ?? default).Utf8.Span));
    }

    private static long Count(ConversationItem item) => item switch
    {
        MessageItem message => Count(message.Parts),
        ReasoningItem reasoning => reasoning.Texts.Sum(Count),
        ToolCallItem call => Count(call.Name) + Count(call.Input.Value.Utf8.Span) + Count(call.Input.Text),
        ToolResultItem result => Count(result.Parts),
        ForeignItem foreign => Count(foreign.Raw.Utf8.Span),
        _ => 0,
    };

    private static long Count(IReadOnlyList<ContentPart> parts)
    {
        var tokens = 0L;
        foreach (var part in parts)
        {
            tokens += part switch
            {
                TextPart text => Count(text.Text),
                RefusalPart refusal => Count(refusal.Text),
                ImagePart => PerImage,
                FilePart file => Count(file.Source.PlainText) + (file.Source.Base64.Length / PerFileByte),
                ForeignPart foreign => Count(foreign.Raw.Utf8.Span),
                _ => 0,
            };
        }

        return tokens;
    }

    private static long Count(JsonText text) => Count(text.Escaped);

    /// <summary>Counts over the bytes as they stand; an escape counts about as much as the sign that it stands for.</summary>
    private static long Count(ReadOnlySpan<byte> utf8)
    {
        var tokens = 0L;
        while (!utf8.IsEmpty)
        {
            var kind = KindOf(utf8[0]);
            var length = 1;
            while (length < utf8.Length && KindOf(utf8[length]) == kind)
            {
                length++;
            }

            tokens += kind switch
            {
                // A word is one token with the space before it; long ones come in pieces of about six letters.
                Run.Letters => 1 + ((length - 1) / 7),
                Run.Digits => (length + 2) / 3,
                Run.Spaces => length > 1 ? 1 : 0,
                Run.Signs => (length + 1) / 2,

                // Two to four bytes a letter: a word of an alphabet comes in pieces of about three letters, an ideogram is one.
                _ => Math.Max(1, length / 4),
            };
            utf8 = utf8[length..];
        }

        return tokens;
    }

    private static Run KindOf(byte b) =>
        char.IsAsciiLetter((char)b) ? Run.Letters
        : char.IsAsciiDigit((char)b) ? Run.Digits
        : b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' ? Run.Spaces
        : b < 0x80 ? Run.Signs
        : Run.Others;

    private enum Run
    {
        Letters,
        Digits,
        Spaces,
        Signs,
        Others,
    }
}
