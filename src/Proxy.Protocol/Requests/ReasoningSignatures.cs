using System.Buffers.Text;

namespace Proxy.Protocol.Requests;

/// <summary>
/// Tells whose reasoning signature a text is, by its shape (spec/protocols.md 1.8). Two incompatible kinds travel in the
/// same client fields; one sent to the wrong provider is a 400.
/// </summary>
public static class ReasoningSignatures
{
    private const int FernetOverhead = 57;
    private const int ShortestFernet = 73;

    /// <summary>True for encrypted reasoning of the Codex backend: a Fernet-like token.</summary>
    public static bool IsCodex(ReadOnlySpan<byte> signature) =>
        // "gAAAA" decodes to the version byte 0x80 and a time before the year 2106
        signature.StartsWith("gAAAA"u8)
        && Base64Url.IsValid(signature, out var length)
        && length >= ShortestFernet
        && (length - FernetOverhead) % 16 == 0;

    /// <summary>True for a thinking signature of a Claude model, in any of its three forms.</summary>
    public static bool IsClaude(ReadOnlySpan<byte> signature) => IsClaude(signature, out _);

    /// <summary>
    /// Like <see cref="IsClaude(ReadOnlySpan{byte})"/>; <paramref name="inner"/> is the form to send: one base64 layer off
    /// for a signature that begins with <c>R</c>, else null.
    /// </summary>
    internal static bool IsClaude(ReadOnlySpan<byte> signature, out byte[]? inner)
    {
        inner = null;
        if (signature.Length < 8 || !Base64.IsValid(signature, out _))
        {
            return false;
        }

        Span<byte> head = stackalloc byte[3];
        Base64.DecodeFromUtf8(signature[..4], head, out _, out _);
        switch (signature[0])
        {
            case (byte)'E':
                return head[0] == 0x12;
            case (byte)'C':
                return head[0] == 0x08;
            case (byte)'R':
                var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(signature.Length)];
                Base64.DecodeFromUtf8(signature, decoded, out _, out var written);
                inner = decoded[..written];
                return inner is [(byte)'E', ..] && IsClaude(inner, out _);
            default:
                return false;
        }
    }

    /// <summary>Takes off a provider's mark (<c>claude#</c>, <c>gpt#</c>) in front of a signature.</summary>
    internal static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> signature) =>
        signature.StartsWith("claude#"u8) ? signature[7..]
        : signature.StartsWith("gpt#"u8) ? signature[4..]
        : signature;
}
