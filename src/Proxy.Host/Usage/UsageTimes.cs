using System.Globalization;
using Proxy.Host.Configuration;

namespace Proxy.Host.Usage;

/// <summary>Points in time as people write them: <c>2026-03-01</c>, <c>today</c>, <c>12h</c> ago, the last <c>7d</c>.</summary>
internal static class UsageTimes
{
    private const string Today = "today";

    /// <summary>Completes "write …".</summary>
    public const string Expected = "a date like 2026-03-01, today, or a length like 12h or 7d";

    /// <summary>Where a report begins. Whole days count from midnight and today is one of them: <c>1d</c> is today.</summary>
    public static DateTimeOffset? Begin(string text, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (Day(text, now, zone) is { } day)
        {
            return Midnight(day, zone);
        }

        return !Durations.TryParse(text, out var length) || length <= TimeSpan.Zero ? null
            : length.Ticks % TimeSpan.TicksPerDay == 0 ? Midnight(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime).AddDays(1 - (int)length.TotalDays), zone)
            : now - length;
    }

    /// <summary>Where it ends, exclusive: behind the day that is named.</summary>
    public static DateTimeOffset? End(string text, DateTimeOffset now, TimeZoneInfo zone) =>
        Day(text, now, zone) is { } day ? Midnight(day.AddDays(1), zone)
        : Durations.TryParse(text, out var length) ? now - length
        : null;

    /// <summary>The first moment of a day: where summer time skips midnight, the hour after it.</summary>
    public static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(30);
        }

        var offsets = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local) : [zone.GetUtcOffset(local)];
        return new DateTimeOffset(local, offsets.Max());
    }

    private static DateOnly? Day(string text, DateTimeOffset now, TimeZoneInfo zone) =>
        text.Equals(Today, StringComparison.OrdinalIgnoreCase) ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime)
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : null;
}
