using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Conversations;

/// <summary>Who can read a piece of reasoning.</summary>
public enum ReasoningFamily
{
    /// <summary>There is no signature.</summary>
    Unsigned,

    /// <summary>A Claude model.</summary>
    Claude,

    /// <summary>A GPT model of the Codex backend.</summary>
    Codex,

    /// <summary>Neither; nobody should get it.</summary>
    Unknown,
}

/// <summary>Sorts the signatures of a history by family (spec/protocols.md 1.8).</summary>
internal static class ReasoningSignature
{
    /// <summary>The family of a signature, and the signature in the form that its upstream takes: mark and second base64 layer removed.</summary>
    public static ReasoningFamily Classify(JsonText signature, out JsonText normalised)
    {
        normalised = default;
        if (signature.IsBlank())
        {
            return ReasoningFamily.Unsigned;
        }

        // some clients escape '+' and '/', which are letters of base64
        var text = signature.Unescape() is { } unescaped ? unescaped.Span : default;
        text = ReasoningSignatures.WithoutMark(text);
        if (ReasoningSignatures.IsCodex(text))
        {
            normalised = Token(signature, text);
            return ReasoningFamily.Codex;
        }

        if (ReasoningSignatures.IsClaude(text, out var inner))
        {
            normalised = Token(signature, inner ?? text);
            return ReasoningFamily.Claude;
        }

        return ReasoningFamily.Unknown;
    }

    /// <summary>The client's own token where nothing was taken off it.</summary>
    private static JsonText Token(JsonText signature, ReadOnlySpan<byte> text) =>
        text.Length == signature.Escaped.Length ? signature : TextTokens.Concat(text, default);
}
