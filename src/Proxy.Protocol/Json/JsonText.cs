using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Proxy.Protocol.Json;

/// <summary>
/// A JSON string as it came: the UTF-8 bytes with their quotes and escapes. Text crosses from one dialect to another
/// in this form, so that it is neither unescaped nor escaped anew (spec/protocols.md E133, E134).
/// </summary>
/// <remarks>
/// The bytes belong to whoever read them (a request body, a stream frame); copy with <see cref="Detach"/> to keep
/// them longer than that. <c>default</c> means "absent"; an empty string is <see cref="Empty"/>.
/// </remarks>
public readonly struct JsonText : IEquatable<JsonText>
{
    private static readonly byte[] EmptyQuoted = "\"\""u8.ToArray();

    /// <summary>Wraps the bytes of a JSON string token, quotes included. They must be valid JSON.</summary>
    public JsonText(ReadOnlyMemory<byte> quoted) => Quoted = quoted;

    /// <summary>The empty string.</summary>
    public static JsonText Empty { get; } = new(EmptyQuoted);

    /// <summary>The token with its quotes, ready for <c>Utf8JsonWriter.WriteRawValue</c>. Empty memory when absent.</summary>
    public ReadOnlyMemory<byte> Quoted { get; }

    /// <summary>The bytes between the quotes, still escaped.</summary>
    public ReadOnlySpan<byte> Escaped => Quoted.Length < 2 ? default : Quoted.Span[1..^1];

    /// <summary>True when there is a string, even an empty one.</summary>
    public bool IsPresent => Quoted.Length >= 2;

    /// <summary>True when absent or of no characters.</summary>
    public bool IsEmpty => Quoted.Length <= 2;

    /// <summary>Escapes <paramref name="text"/> with the relaxed encoder: only quotes, backslashes and controls.</summary>
    public static JsonText FromString(string text)
    {
        var encoded = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var quoted = new byte[encoded.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        encoded.CopyTo(quoted.AsSpan(1));
        return new JsonText(quoted);
    }

    /// <summary>True when the unescaped text equals <paramref name="utf8"/>. Allocates nothing when there are no escapes.</summary>
    public bool ValueEquals(ReadOnlySpan<byte> utf8)
    {
        var escaped = Escaped;
        return escaped.IndexOf((byte)'\\') < 0
            ? escaped.SequenceEqual(utf8)
            : Encoding.UTF8.GetBytes(ToString()).AsSpan().SequenceEqual(utf8);
    }

    /// <summary>The same text on memory of its own.</summary>
    public JsonText Detach() => IsPresent ? new JsonText(Quoted.ToArray()) : default;

    /// <summary>The text without escapes; an empty string when absent.</summary>
    public override string ToString()
    {
        if (IsEmpty)
        {
            return string.Empty;
        }

        var escaped = Escaped;
        if (escaped.IndexOf((byte)'\\') < 0)
        {
            return Encoding.UTF8.GetString(escaped);
        }

        try
        {
            var reader = new Utf8JsonReader(Quoted.Span);
            reader.Read();
            return reader.GetString() ?? string.Empty;
        }
        catch (InvalidOperationException)
        {
            // half of a surrogate pair, or bytes that are no UTF-8: there is no such text, so the token itself has to do
            return Encoding.UTF8.GetString(escaped);
        }
    }

    /// <inheritdoc />
    public bool Equals(JsonText other) => Quoted.Span.SequenceEqual(other.Quoted.Span);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is JsonText other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Quoted.Span);
        return hash.ToHashCode();
    }

    /// <summary>Byte-wise equality of the tokens.</summary>
    public static bool operator ==(JsonText left, JsonText right) => left.Equals(right);

    /// <summary>Byte-wise inequality of the tokens.</summary>
    public static bool operator !=(JsonText left, JsonText right) => !left.Equals(right);
}
