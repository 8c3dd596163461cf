using System.Buffers;
using System.Text.Json;

namespace Proxy.Protocol.Json;

/// <summary>What can be done with JSON string tokens without unescaping them, and the two crossings where it must be done.</summary>
internal static class TextTokens
{
    private static readonly SearchValues<byte> MustEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(static value => (byte)value), (byte)'"', (byte)'\\']);

    /// <summary>A writer that neither indents nor validates: raw slices go through it as they are.</summary>
    public static Utf8JsonWriter OpenWriter(IBufferWriter<byte> output) => new(output, new JsonWriterOptions
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    });

    /// <summary>True when absent, empty or made of white space only.</summary>
    public static bool IsBlank(this JsonText text) => TrimStart(text.Escaped).IsEmpty;

    /// <summary>True when the text, white space left aside, starts with <paramref name="word"/> (which needs no escapes).</summary>
    public static bool TrimmedStartsWith(this JsonText text, ReadOnlySpan<byte> word) => TrimStart(text.Escaped).StartsWith(word);

    /// <summary>The texts with an (escaped) separator between them. One text is returned as it is.</summary>
    public static JsonText Join(IReadOnlyList<JsonText> texts, ReadOnlySpan<byte> separator)
    {
        if (texts.Count <= 1)
        {
            return texts.Count == 0 ? JsonText.Empty : texts[0];
        }

        var length = 2 + (separator.Length * (texts.Count - 1));
        foreach (var text in texts)
        {
            length += text.Escaped.Length;
        }

        var joined = new byte[length];
        joined[0] = joined[^1] = (byte)'"';
        var at = 1;
        for (var i = 0; i < texts.Count; i++)
        {
            if (i > 0)
            {
                separator.CopyTo(joined.AsSpan(at));
                at += separator.Length;
            }

            texts[i].Escaped.CopyTo(joined.AsSpan(at));
            at += texts[i].Escaped.Length;
        }

        return new JsonText(joined);
    }

    /// <summary>A new token out of (escaped) pieces.</summary>
    public static JsonText Concat(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default)
    {
        var token = new byte[first.Length + second.Length + third.Length + 2];
        Fill(token, first, second, third, default);
        return new JsonText(token);
    }

    /// <summary>Writes a token that is present, else nothing.</summary>
    public static void WriteText(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonText text)
    {
        if (text.IsPresent)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(text.Quoted.Span, skipInputValidation: true);
        }
    }

    /// <summary>Writes a token as a value.</summary>
    public static void WriteText(this Utf8JsonWriter writer, JsonText text) =>
        writer.WriteRawValue(text.IsPresent ? text.Quoted.Span : "\"\""u8, skipInputValidation: true);

    /// <summary>Writes a value that is present, else nothing.</summary>
    public static void WriteRaw(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonRaw value)
    {
        if (value.IsPresent)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
        }
    }

    /// <summary>Writes one string value out of (escaped) pieces: data URLs of any size without a copy of their own.</summary>
    public static void WriteSpliced(this Utf8JsonWriter writer, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default, ReadOnlySpan<byte> fourth = default)
    {
        var length = first.Length + second.Length + third.Length + fourth.Length + 2;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        var token = rented.AsSpan(0, length);
        Fill(token, first, second, third, fourth);
        writer.WriteRawValue(token, skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Writes bytes (JSON text, plain text) as one string value, escaping only what JSON demands.</summary>
    public static void WriteEscaped(this Utf8JsonWriter writer, ReadOnlySpan<byte> utf8)
    {
        var rented = ArrayPool<byte>.Shared.Rent(checked((utf8.Length * 6) + 2));
        var at = 0;
        rented[at++] = (byte)'"';
        at += Escape(utf8, rented.AsSpan(at));
        rented[at++] = (byte)'"';
        writer.WriteRawValue(rented.AsSpan(0, at), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Bytes as a string token of their own, escaping only what JSON demands.</summary>
    public static JsonText Quote(ReadOnlySpan<byte> utf8)
    {
        var rented = ArrayPool<byte>.Shared.Rent(checked((utf8.Length * 6) + 2));
        rented[0] = (byte)'"';
        var length = Escape(utf8, rented.AsSpan(1)) + 2;
        rented[length - 1] = (byte)'"';
        var token = rented.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(rented);
        return new JsonText(token);
    }

    /// <summary>The unescaped bytes of a token; the token's own memory when it has no escapes. Null when it is no text (half a surrogate pair).</summary>
    public static ReadOnlyMemory<byte>? Unescape(this JsonText text)
    {
        if (!text.IsPresent)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        if (text.Escaped.IndexOf((byte)'\\') < 0)
        {
            return text.Quoted[1..^1];
        }

        try
        {
            var reader = new Utf8JsonReader(text.Quoted.Span);
            reader.Read();
            var bytes = new byte[text.Quoted.Length];
            return bytes.AsMemory(0, reader.CopyString(bytes));
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static int Escape(ReadOnlySpan<byte> utf8, Span<byte> target)
    {
        var written = 0;
        while (true)
        {
            var next = utf8.IndexOfAny(MustEscape);
            var plain = next < 0 ? utf8 : utf8[..next];
            plain.CopyTo(target[written..]);
            written += plain.Length;
            if (next < 0)
            {
                return written;
            }

            target[written++] = (byte)'\\';
            var value = utf8[next];
            var letter = value switch
            {
                (byte)'"' or (byte)'\\' => value,
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                (byte)'\t' => (byte)'t',
                _ => (byte)'u',
            };
            target[written++] = letter;
            if (letter == (byte)'u')
            {
                target[written++] = (byte)'0';
                target[written++] = (byte)'0';
                target[written++] = (byte)(value >= 0x10 ? '1' : '0');
                target[written++] = "0123456789abcdef"u8[value & 0xF];
            }

            utf8 = utf8[(next + 1)..];
        }
    }

    private static void Fill(Span<byte> token, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, ReadOnlySpan<byte> fourth)
    {
        token[0] = token[^1] = (byte)'"';
        var rest = token[1..];
        first.CopyTo(rest);
        second.CopyTo(rest = rest[first.Length..]);
        third.CopyTo(rest = rest[second.Length..]);
        fourth.CopyTo(rest[third.Length..]);
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> escaped)
    {
        while (!escaped.IsEmpty)
        {
            if (escaped[0] == (byte)' ')
            {
                escaped = escaped[1..];
            }
            else if (escaped.Length >= 2 && escaped[0] == (byte)'\\' && (escaped[1] is (byte)'n' or (byte)'r' or (byte)'t'))
            {
                escaped = escaped[2..];
            }
            else
            {
                break;
            }
        }

        return escaped;
    }
}
