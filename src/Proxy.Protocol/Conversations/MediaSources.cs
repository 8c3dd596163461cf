using System.Text;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>Images and files, between data URLs (OpenAI) and media type + base64 (Anthropic).</summary>
internal static class MediaSources
{
    private const string UnknownType = "application/octet-stream";

    /// <summary>OpenAI dialects ask for a name of a file that came without one.</summary>
    public static JsonText DefaultName { get; } = JsonText.FromString("document.pdf");

    /// <summary>What an OpenAI <c>url</c> means: a data URL becomes its base64, any other text stays an address. Null for a data URL without base64 (spec/protocols.md E29).</summary>
    public static MediaSource? FromUrl(JsonText url)
    {
        if (url.IsBlank())
        {
            return null;
        }

        if (!StartsWithIgnoreCase(url.Escaped, "data:"u8))
        {
            return new MediaSource(null, default, url, default, default);
        }

        var comma = url.Escaped.IndexOf((byte)',');
        if (comma < 0 || comma == url.Escaped.Length - 1)
        {
            return null;
        }

        // only the head can hold an escaped slash; the payload is spliced into other tokens as it is
        var head = TextTokens.Concat(url.Escaped[5..comma], default).ToString();
        var parts = head.Split(';');
        if (!parts[^1].Trim().Equals("base64", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var type = parts[0].Trim();
        return new MediaSource(parts.Length > 1 && type.Length > 0 ? type : UnknownType, url.Quoted[(comma + 2)..^1], default, default, default);
    }

    /// <summary>Bare base64, or a data URL.</summary>
    public static MediaSource? FromFileData(JsonText data, string? name)
    {
        if (data.IsBlank())
        {
            return null;
        }

        if (StartsWithIgnoreCase(data.Escaped, "data:"u8))
        {
            return FromUrl(data);
        }

        var type = name is not null && name.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase) ? "application/pdf" : UnknownType;
        return new MediaSource(type, data.Quoted[1..^1], default, default, default);
    }

    /// <summary>Writes what an OpenAI <c>url</c> or <c>file_data</c> is to hold: the address, or else a data URL.</summary>
    public static void WriteAddress(this Utf8JsonWriter writer, MediaSource source)
    {
        if (source.Url.IsPresent)
        {
            writer.WriteText(source.Url);
        }
        else
        {
            writer.WriteSpliced("data:"u8, source.TypeBytes(), ";base64,"u8, source.Base64.Span);
        }
    }

    /// <summary>The media type as bytes for a JSON string; quotes and backslashes can't stand in one and are left out.</summary>
    public static byte[] TypeBytes(this MediaSource source)
    {
        var type = string.IsNullOrWhiteSpace(source.MediaType) ? UnknownType : source.MediaType;
        return Encoding.ASCII.GetBytes(string.Concat(type.Where(static letter => letter is > ' ' and < '\u007f' and not '"' and not '\\')));
    }

    private static bool StartsWithIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);
}
