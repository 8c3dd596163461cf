using System.Buffers;
using Proxy.Protocol.Anthropic.Requests;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// How many tokens a request is about, for upstreams that can't count (spec/protocols.md 12): its texts, and what the
/// model's own form of a conversation puts around them. Never an upstream call. Two grades: with a vocabulary for
/// <c>count_tokens</c>, and a rough one for the first event of a stream, where nobody waits for a better figure.
/// </summary>
public static class TokenEstimate
{
    // Start, role, begin of text and end: one token each in OpenAI's published form of a conversation (openai/harmony),
    // and in the counting example of its cookbook. A call adds its channel, its addressee and the mark of JSON.
    private const int PerMessage = 4;
    private const int PerCall = 11;
    private const int PerResult = 11;
    private const int PerTool = 4;
    private const int PerAnswer = 3;

    // Pictures are counted by their size, which is not looked at: this is one of about a megapixel.
    private const int PerImage = 1_500;
    private const int PerFileByte = 8;

    /// <summary>Counts the body of a <c>count_tokens</c> request. Null with a problem when it is none.</summary>
    /// <param name="anthropicBody">The body.</param>
    /// <param name="texts">Counts the texts.</param>
    /// <param name="problem">Why it can't be counted.</param>
    public static long? Count(ReadOnlyMemory<byte> anthropicBody, ITextTokens texts, out RequestProblem? problem)
    {
        var conversation = AnthropicRequestReader.Read(anthropicBody, out problem);
        problem ??= CountTokensRules.Check(anthropicBody);
        return problem is null ? Count(conversation!, texts) : null;
    }

    /// <summary>Counts instructions, messages, calls, results, tools and the output's schema; tools in the form in which the model reads them.</summary>
    public static long Count(Conversation conversation, ITextTokens texts)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ArgumentNullException.ThrowIfNull(texts);
        var signatures = new ArrayBufferWriter<byte>();
        foreach (var tool in conversation.Tools)
        {
            ToolSignatures.Write(tool, signatures);
        }

        return Math.Max(1, PerAnswer + CountItems(conversation, texts) + texts.Count(signatures.WrittenSpan));
    }

    /// <summary>The rough grade: one pass over the bytes, tools as the client wrote them.</summary>
    public static long Count(Conversation conversation)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        var texts = RoughTokens.Instance;
        var tokens = CountItems(conversation, texts);
        foreach (var tool in conversation.Tools)
        {
            tokens += PerTool + (tool.Name.IsPresent
                ? texts.Count(tool.Name) + texts.Count(tool.Description) + texts.Count(tool.Schema.Utf8.Span)
                : texts.Count(tool.Raw.Utf8.Span));
        }

        return Math.Max(1, tokens);
    }

    private static long CountItems(Conversation conversation, ITextTokens texts)
    {
        var tokens = texts.Count((conversation.OutputFormat?.Schema ?? default).Utf8.Span);
        foreach (var item in conversation.Items)
        {
            tokens += item switch
            {
                MessageItem message => PerMessage + Count(message.Parts, texts),
                ReasoningItem reasoning => PerMessage + reasoning.Texts.Sum(texts.Count),
                ToolCallItem call => PerCall + texts.Count(call.Name) + texts.Count(call.Input.Value.Utf8.Span) + texts.Count(call.Input.Text),
                ToolResultItem result => PerResult + Count(result.Parts, texts),
                ForeignItem foreign => PerMessage + texts.Count(foreign.Raw.Utf8.Span),
                _ => 0,
            };
        }

        return tokens;
    }

    private static long Count(IReadOnlyList<ContentPart> parts, ITextTokens texts)
    {
        var tokens = 0L;
        foreach (var part in parts)
        {
            tokens += part switch
            {
                TextPart text => texts.Count(text.Text),
                RefusalPart refusal => texts.Count(refusal.Text),
                ImagePart => PerImage,
                FilePart file => texts.Count(file.Source.PlainText) + (file.Source.Base64.Length / PerFileByte),
                ForeignPart foreign => texts.Count(foreign.Raw.Utf8.Span),
                _ => 0,
            };
        }

        return tokens;
    }
}
