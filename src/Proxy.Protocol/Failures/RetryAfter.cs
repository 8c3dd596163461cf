using System.Globalization;

namespace Proxy.Protocol.Failures;

/// <summary>Reads <c>retry-after-ms</c> and <c>retry-after</c>: seconds, fractions, HTTP dates, RFC 3339 (fault 20).</summary>
public static class RetryAfter
{
    /// <summary>No provider's window is longer than a week; what asks for more is believed for eight days.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(8);

    /// <summary>How long to wait; null when absent, unreadable, negative or past.</summary>
    public static TimeSpan? Read(IReadOnlyDictionary<string, string> headers, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (headers.TryGetValue("retry-after-ms", out var ms) && Number(ms) is { } milliseconds)
        {
            return Bounded(milliseconds / 1000);
        }

        if (!headers.TryGetValue("retry-after", out var value))
        {
            return null;
        }

        if (Number(value) is { } seconds)
        {
            return Bounded(seconds);
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Bounded((date - now).TotalSeconds)
            : null;
    }

    private static double? Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static TimeSpan? Bounded(double seconds) =>
        seconds <= 0 ? null : seconds >= Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);
}
