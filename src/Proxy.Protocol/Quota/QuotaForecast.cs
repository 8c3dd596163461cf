namespace Proxy.Protocol.Quota;

/// <summary>Where a window is heading at the pace of the last hours.</summary>
/// <param name="SharePerHour">The pace.</param>
/// <param name="EmptyAt">When nothing of it is left; null when it lasts until its reset.</param>
/// <param name="LastsUntilReset">It starts anew before it is used up.</param>
public sealed record QuotaForecast(double SharePerHour, DateTimeOffset? EmptyAt, bool LastsUntilReset)
{
    /// <summary>Fewer steps tell no pace.</summary>
    public const int FewestPoints = 3;

    /// <summary>A smaller rise tells no pace.</summary>
    public const double SmallestRise = 0.01;

    /// <summary>Steps within a shorter time tell no pace.</summary>
    public static readonly TimeSpan ShortestSpan = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Farthest = TimeSpan.FromDays(400);
    private static readonly TimeSpan ShortestHalfLife = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestHalfLife = TimeSpan.FromHours(24);

    /// <summary>
    /// The forecast for a window, or null when none can be given honestly: too few steps, too short a time, no rise, or a
    /// window that has started anew since it was read. The pace is the mean of all hours since the first step, each
    /// weighing half as much as the one an eighth of the window later; idle time counts as such, so an account that
    /// rests is forecast to last longer with every minute.
    /// </summary>
    /// <param name="points">Its steps, in order, never falling.</param>
    /// <param name="resetsAt">When it starts anew; null when not known.</param>
    /// <param name="length">How long it is; null when not known.</param>
    /// <param name="now">The time.</param>
    public static QuotaForecast? Of(ReadOnlySpan<QuotaPoint> points, DateTimeOffset? resetsAt, TimeSpan? length, DateTimeOffset now)
    {
        while (points.Length > 0 && points[^1].At > now)
        {
            points = points[..^1];
        }

        if (points.Length < FewestPoints || resetsAt <= now || points[^1].At - points[0].At < ShortestSpan || !(points[^1].Share - points[0].Share >= SmallestRise))
        {
            return null;
        }

        var pace = Pace(points, HalfLife(length).TotalHours, now);
        if (!(pace > 0) || !double.IsFinite(pace))
        {
            return null;
        }

        var hours = Math.Max(0, 1 - points[^1].Share) / pace;
        DateTimeOffset? empty = hours <= Farthest.TotalHours ? now + TimeSpan.FromHours(hours) : null;
        return resetsAt is { } reset && !(empty < reset) ? new QuotaForecast(pace, null, LastsUntilReset: true)
            : empty is { } at ? new QuotaForecast(pace, at, LastsUntilReset: false)
            : null;
    }

    // The mean of the rate over time, with weights that halve each half-life into the past.
    private static double Pace(ReadOnlySpan<QuotaPoint> points, double halfLife, DateTimeOffset now)
    {
        var (sum, weights) = (0.0, 0.0);
        for (var i = 1; i <= points.Length; i++)
        {
            var (from, to) = (Age(points[i - 1].At), i < points.Length ? Age(points[i].At) : 0);
            var weight = Math.Pow(2, -to / halfLife) - Math.Pow(2, -from / halfLife);
            weights += weight;
            if (i < points.Length)
            {
                var hours = from - to;
                var rise = points[i].Share - points[i - 1].Share;
                sum += hours > 0 ? rise / hours * weight : 0;
            }
        }

        return sum / weights;

        double Age(DateTimeOffset at) => (now - at).TotalHours;
    }

    private static TimeSpan HalfLife(TimeSpan? length)
    {
        var eighth = (length ?? LongestHalfLife * 8) / 8;
        return eighth < ShortestHalfLife ? ShortestHalfLife : eighth > LongestHalfLife ? LongestHalfLife : eighth;
    }
}
