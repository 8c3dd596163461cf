using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>Counts the tokens of one text. What is around the texts (turns, calls, tools) is <see cref="TokenEstimate"/>'s.</summary>
public interface ITextTokens
{
    /// <summary>Tokens of a JSON string's text; none when it is absent.</summary>
    long Count(JsonText text);

    /// <summary>Tokens of text that stands for itself: a JSON value, or text without escapes.</summary>
    long Count(ReadOnlySpan<byte> utf8);
}
