using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Proxy.Protocol.Json;

/// <summary>Steps between JSON text, the string token that holds it, and the text in a token.</summary>
internal static class JsonEscapes
{
    private static readonly SearchValues<byte> QuoteOrBackslash = SearchValues.Create("\"\\"u8);

    /// <summary>The string token whose text is <paramref name="utf8"/>.</summary>
    public static JsonText Quote(ReadOnlySpan<byte> utf8)
    {
        var encoded = JsonEncodedText.Encode(utf8, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var quoted = new byte[encoded.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        encoded.CopyTo(quoted.AsSpan(1));
        return new JsonText(quoted);
    }

    /// <summary>
    /// The text of the token <paramref name="quoted"/>; null when it holds half a surrogate pair or bytes that are not
    /// UTF-8, which JSON's grammar lets pass.
    /// </summary>
    public static byte[]? Unescape(ReadOnlySpan<byte> quoted)
    {
        var reader = new Utf8JsonReader(quoted);
        var buffer = new byte[quoted.Length];
        try
        {
            reader.Read();
            return buffer.AsSpan(0, reader.CopyString(buffer)).ToArray();
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The text of a token for people to read; what can't be decoded stays escaped. Null when absent.</summary>
    public static string? ToReadable(JsonText text)
    {
        if (!text.IsPresent)
        {
            return null;
        }

        return Encoding.UTF8.GetString(Unescape(text.Quoted.Span) ?? text.Escaped);
    }

    /// <summary>Appends what is already escaped once more, so that it can stand inside of a string in a string.</summary>
    public static void WriteEscapedAgain(ReadOnlySpan<byte> escaped, IBufferWriter<byte> output)
    {
        while (escaped.IndexOfAny(QuoteOrBackslash) is var at and >= 0)
        {
            output.Write(escaped[..at]);
            output.Write(escaped[at] == (byte)'"' ? "\\\""u8 : "\\\\"u8);
            escaped = escaped[(at + 1)..];
        }

        output.Write(escaped);
    }
}
