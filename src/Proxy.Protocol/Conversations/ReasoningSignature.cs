using System.Buffers;
using System.Buffers.Text;
using Proxy.Protocol.Json;

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

/// <summary>Tells by its shape to whom a signature belongs (spec/protocols.md 1.8). Two incompatible kinds travel in the same members.</summary>
public static class ReasoningSignature
{
    /// <summary>Marks Anthropic's redacted thinking inside of Responses' <c>encrypted_content</c>.</summary>
    public static ReadOnlySpan<byte> RedactedMarker => "claude-redacted-thinking:"u8;

    private const int FernetOverhead = 57;
    private static readonly SearchValues<byte> Base64Url = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>The family of a signature, and the signature in the form that its upstream takes: prefix and second base64 layer removed.</summary>
    public static ReasoningFamily Classify(JsonText signature, out JsonText normalised)
    {
        normalised = default;
        if (signature.IsBlank())
        {
            return ReasoningFamily.Unsigned;
        }

        // a client may escape '+' and '/', which are letters of base64
        var text = signature.Unescape() is { } unescaped ? unescaped : default;
        if (text.Span.StartsWith("claude#"u8))
        {
            text = text[7..];
        }
        else if (text.Span.StartsWith("gpt#"u8))
        {
            text = text[4..];
        }

        if (IsCodex(text.Span))
        {
            normalised = Token(signature, text);
            return ReasoningFamily.Codex;
        }

        if (ClaudeForm(text) is { } claude)
        {
            normalised = Token(signature, claude);
            return ReasoningFamily.Claude;
        }

        return ReasoningFamily.Unknown;
    }

    /// <summary>A Fernet-like token: base64url, version byte 0x80, whole cipher blocks behind the envelope.</summary>
    private static bool IsCodex(ReadOnlySpan<byte> text)
    {
        var body = text.TrimEnd((byte)'=');
        if (!body.StartsWith("gAAAA"u8) || body.IndexOfAnyExcept(Base64Url) >= 0)
        {
            return false;
        }

        var decoded = body.Length * 3 / 4;
        return decoded > FernetOverhead && (decoded - FernetOverhead) % 16 == 0;
    }

    private static ReadOnlyMemory<byte>? ClaudeForm(ReadOnlyMemory<byte> text)
    {
        if (text.IsEmpty || !Base64.IsValid(text.Span))
        {
            return null;
        }

        switch (text.Span[0])
        {
            case (byte)'E' when FirstByte(text.Span) == 0x12:
            case (byte)'C' when FirstByte(text.Span) == 0x08:
                return text;
            case (byte)'R':
                var inner = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
                return Base64.DecodeFromUtf8(text.Span, inner, out _, out var written) == OperationStatus.Done
                    && written > 0 && inner[0] == (byte)'E' && Base64.IsValid(inner.AsSpan(0, written)) && FirstByte(inner) == 0x12
                    ? inner.AsMemory(0, written)
                    : null;
            default:
                return null;
        }
    }

    private static int FirstByte(ReadOnlySpan<byte> text)
    {
        Span<byte> decoded = stackalloc byte[3];
        return text.Length >= 4 && Base64.DecodeFromUtf8(text[..4], decoded, out _, out var written) == OperationStatus.Done && written > 0 ? decoded[0] : -1;
    }

    /// <summary>The client's own token where nothing was taken off it.</summary>
    private static JsonText Token(JsonText signature, ReadOnlyMemory<byte> text) =>
        text.Length == signature.Escaped.Length ? signature : TextTokens.Concat(text.Span, default);
}
