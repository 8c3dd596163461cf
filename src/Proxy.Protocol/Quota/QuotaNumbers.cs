using System.Globalization;
using System.Text.Json;

namespace Proxy.Protocol.Quota;

/// <summary>Numbers and times as providers write them. What makes no sense is nothing.</summary>
internal static class QuotaNumbers
{
    private const double LatestUnix = 253_402_300_799;
    private const double LargestShare = 100;

    public static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    public static double? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    public static bool? Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null } : null;

    public static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 64 } text ? text : null;

    /// <summary>A percentage as a share.</summary>
    public static double? Percent(double? percent) => Share(percent / 100);

    /// <summary>A share that can be one.</summary>
    public static double? Share(double? share) => share is >= 0 and <= LargestShare ? share : null;

    /// <summary>Unix seconds.</summary>
    public static DateTimeOffset? Unix(double? seconds) => seconds is > 0 and < LatestUnix ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null;

    /// <summary>Unix seconds or a date.</summary>
    public static DateTimeOffset? Time(string? text) =>
        Number(text) is { } unix ? Unix(unix)
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : null;

    /// <summary>A moment that is told twice: the absolute one counts.</summary>
    public static DateTimeOffset? Reset(double? at, double? after, DateTimeOffset now) =>
        Unix(at) ?? (after is >= 0 and < 1e9 ? now + TimeSpan.FromSeconds(after.Value) : null);
}
