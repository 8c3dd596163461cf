using System.Globalization;
using System.Text.Json;

namespace Proxy.Actors.Credentials;

/// <summary>Points in time and durations in the spellings that auth files have (spec/accounts.md 1.5).</summary>
internal static class AuthFileTimes
{
    private const double MillisecondsFrom = 1e12;

    private static readonly string[] Plain = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm"];

    /// <summary>Reads a member: RFC 3339, <c>YYYY-MM-DD HH:MM[:SS]</c> (UTC), unix seconds as number or text, milliseconds above 1e12.</summary>
    public static DateTimeOffset? Read(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? Read(value) : null;

    /// <summary>A duration: a number of seconds, or Go's form (<c>1h30m</c>, <c>250ms</c>).</summary>
    public static TimeSpan? Duration(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.TryGetDouble(out var seconds) ? Positive(seconds) : null;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()!.Trim() : string.Empty;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var plain) ? Positive(plain) : GoDuration(text);
    }

    private static DateTimeOffset? Read(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.TryGetDouble(out var number) ? Unix(number) : null;
        }

        if (value.ValueKind != JsonValueKind.String || value.GetString()!.Trim() is not { Length: > 0 } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var unix))
        {
            return Unix(unix);
        }

        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces;
        return DateTimeOffset.TryParseExact(text, Plain, CultureInfo.InvariantCulture, utc, out var exact) ? exact
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, utc, out var parsed) ? parsed
            : null;
    }

    private static DateTimeOffset? Unix(double value)
    {
        var milliseconds = value > MillisecondsFrom ? value : value * 1000;
        return milliseconds is > 0 and < 253_402_300_799_000d ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
    }

    private static TimeSpan? Positive(double seconds) =>
        seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;

    private static TimeSpan? GoDuration(string text)
    {
        var total = 0d;
        for (var at = 0; at < text.Length;)
        {
            var digits = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }

            var unit = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
            {
                at++;
            }

            var factor = text[unit..at] switch { "h" => 3600d, "m" => 60d, "s" => 1d, "ms" => 0.001d, _ => 0d };
            if (factor == 0 || !double.TryParse(text.AsSpan(digits, unit - digits), NumberStyles.Float, CultureInfo.InvariantCulture, out var count))
            {
                return null;
            }

            total += count * factor;
        }

        return Positive(total);
    }
}
