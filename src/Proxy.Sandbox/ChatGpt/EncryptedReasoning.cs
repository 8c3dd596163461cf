using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>
/// Encrypted reasoning of the shape of spec/protocols.md 1.8 (version 0x80, time, IV, blocks of 16, digest of 32 bytes),
/// with a digest keyed by the account: another account can't read it.
/// </summary>
internal static class EncryptedReasoning
{
    private const int Length = 89;

    public static string Make(string account, long number, int part)
    {
        Span<byte> token = stackalloc byte[Length];
        token.Clear();
        token[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(token[1..9], 1_790_000_000 + number);
        token[24] = (byte)part;
        SHA256.HashData(token[..25], token[25..57]);
        HMACSHA256.HashData(KeyOf(account), token[..57], token[57..]);
        return Base64Url.EncodeToString(token);
    }

    public static bool IsReadable(string token, string account)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (!Base64Url.IsValid(token, out var length) || length != Length || !Base64Url.TryDecodeFromChars(token, bytes, out _) || bytes[0] != 0x80)
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[32];
        HMACSHA256.HashData(KeyOf(account), bytes[..57], digest);
        return digest.SequenceEqual(bytes[57..]);
    }

    private static byte[] KeyOf(string account) => Encoding.UTF8.GetBytes("sandbox reasoning of " + account);
}
