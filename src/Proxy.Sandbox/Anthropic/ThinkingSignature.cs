using System.Security.Cryptography;
using System.Text;

namespace Proxy.Sandbox.Anthropic;

/// <summary>
/// Signatures of thinking: base64 of a protobuf-like record (first byte 0x12, so the text begins with E, spec/protocols.md 1.8)
/// with the digest of the text and a keyed digest over it. Checkable without any memory, forgeable by nobody who must be caught.
/// </summary>
internal static class ThinkingSignature
{
    private static readonly byte[] Key = "sandbox thinking signatures"u8.ToArray();

    public static string Sign(string thinking)
    {
        Span<byte> record = stackalloc byte[66];
        record[0] = 0x12;
        record[1] = 64;
        SHA256.HashData(Encoding.UTF8.GetBytes(thinking), record[2..34]);
        HMACSHA256.HashData(Key, record[..34], record[34..]);
        return Convert.ToBase64String(record);
    }

    /// <summary>An empty text is right with any good signature: the display may have been omitted.</summary>
    public static bool IsGood(string signature, string thinking)
    {
        Span<byte> record = stackalloc byte[66];
        if (!Convert.TryFromBase64String(signature, record, out var length) || length != 66 || record[0] != 0x12)
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[32];
        HMACSHA256.HashData(Key, record[..34], digest);
        if (!digest.SequenceEqual(record[34..]))
        {
            return false;
        }

        SHA256.HashData(Encoding.UTF8.GetBytes(thinking), digest);
        return thinking.Length == 0 || digest.SequenceEqual(record[2..34]);
    }
}
