using System.Globalization;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>Where a window is heading.</summary>
/// <param name="InWords">In one line.</param>
/// <param name="SharePerHour">The pace of the last hours.</param>
/// <param name="EmptyAt">When nothing is left; null when it lasts.</param>
/// <param name="LastsUntilReset">It starts anew before it is used up.</param>
public sealed record ForecastView(string InWords, double SharePerHour, DateTimeOffset? EmptyAt, bool LastsUntilReset);

/// <summary>Makes the picture of an account's quota windows.</summary>
internal static class QuotaViews
{
    /// <summary>All windows. One that has started anew since it was read has no used share: nobody knows it.</summary>
    public static IReadOnlyList<WindowView> Of(QuotaWindows quota, DateTimeOffset now) => [.. quota.All.Select(w => Of(w, now))];

    private static WindowView Of(ObservedWindow seen, DateTimeOffset now)
    {
        var (window, isOver) = (seen.Window, seen.IsOver(now));
        return new WindowView(window.Name, window.Model, isOver ? null : window.UsedShare, window.ResetsAt, window.IsRejected && !isOver, isOver, Math.Max(0, (now - seen.ObservedAt).TotalSeconds))
        {
            Source = seen.Source.ToString(),
            Forecast = seen.Forecast(now) is { } forecast ? new ForecastView(Words(forecast), Math.Round(forecast.SharePerHour, 5), forecast.EmptyAt, forecast.LastsUntilReset) : null,
        };
    }

    private static string Words(QuotaForecast forecast) =>
        forecast.EmptyAt is { } at ? string.Create(CultureInfo.InvariantCulture, $"at this pace, empty at {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "at this pace, it lasts until its reset";
}
