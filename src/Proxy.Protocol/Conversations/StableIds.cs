using System.Security.Cryptography;
using System.Text;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>Ids that must be the same on every turn of a conversation, and differ between conversations (spec/protocols.md 1.7, 2.2, 5.1).</summary>
internal static class StableIds
{
    // as much of the opening as tells conversations apart (design.md 10)
    private const int OpeningLimit = 4096;
    private const int MaxCallId = 64;

    /// <summary>A call id of at most 64 letters: the first 47, <c>_</c> and 16 hex digits of its SHA-256. Idempotent.</summary>
    public static JsonText Short(JsonText id)
    {
        if (id.Escaped.Length <= MaxCallId)
        {
            return id;
        }

        var bytes = Encoding.UTF8.GetBytes(id.ToString());
        if (bytes.Length <= MaxCallId)
        {
            return id;
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8));
        return JsonText.FromString(Encoding.UTF8.GetString(bytes.AsSpan(0, 47)) + "_" + digest);
    }

    /// <summary>A name for the session that tells nothing about it: a UUID made of a digest.</summary>
    public static string OfSession(string session) => Uuid(SHA256.HashData(Encoding.UTF8.GetBytes("session\0" + session)));

    /// <summary>A UUID of the opening: the system text and the first words of the user.</summary>
    public static string OfOpening(Conversation conversation) => Uuid(OpeningDigest(conversation));

    /// <summary>Hex digest of the same, for <c>metadata.user_id</c>.</summary>
    public static string HexOfOpening(Conversation conversation) => Convert.ToHexStringLower(OpeningDigest(conversation));

    /// <summary>Hex digest of a text.</summary>
    public static string Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static byte[] OpeningDigest(Conversation conversation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("opening\0"u8);
        hash.AppendData(Encoding.UTF8.GetBytes(conversation.Model));
        var left = OpeningLimit;
        foreach (var item in conversation.Items)
        {
            if (item is not MessageItem message || message.Role == Role.Assistant)
            {
                continue;
            }

            foreach (var part in message.Parts)
            {
                if (part is TextPart text && left > 0 && !SystemTexts.IsBilling(text.Text))
                {
                    var escaped = text.Text.Escaped;
                    hash.AppendData(escaped[..Math.Min(escaped.Length, left)]);
                    hash.AppendData("\0"u8);
                    left -= escaped.Length;
                }
            }

            if (message.Role == Role.User)
            {
                break;
            }
        }

        return hash.GetHashAndReset();
    }

    private static string Uuid(byte[] digest)
    {
        // version 8: "made by an application's own rule" (RFC 9562 §5.8)
        var id = digest.AsSpan(0, 16).ToArray();
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true).ToString();
    }
}

/// <summary>System texts that are meant for one provider alone.</summary>
internal static class SystemTexts
{
    /// <summary>Metadata that one client writes into its system prompt: dropped for everybody else (spec/protocols.md 1.10).</summary>
    public static bool IsBilling(JsonText text) => text.TrimmedStartsWith("x-anthropic-billing-header:"u8);
}
