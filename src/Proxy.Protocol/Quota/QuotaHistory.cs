using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Proxy.Protocol.Quota;

/// <summary>How much of a window was used at one moment.</summary>
public readonly record struct QuotaPoint(DateTimeOffset At, double Share);

/// <summary>
/// How a window filled up since it began: its steps, at most <see cref="Most"/> of them, in order, never falling. Older
/// ones thin out first. In JSON a flat list of numbers: seconds and thousandths.
/// </summary>
[JsonConverter(typeof(QuotaHistoryConverter))]
public sealed record QuotaHistory
{
    /// <summary>More steps are thinned out.</summary>
    public const int Most = 32;

    /// <summary>A smaller move is no step.</summary>
    public const double Step = 0.005;

    private const double Fall = 0.02;
    private static readonly TimeSpan OtherReset = TimeSpan.FromMinutes(30);

    /// <summary>Nothing.</summary>
    public static QuotaHistory Empty { get; } = new();

    /// <summary>The steps.</summary>
    public ImmutableArray<QuotaPoint> Points { get; init; } = [];

    /// <summary>With what a reading says. A window that began anew, by its reset or by its share, has a new history.</summary>
    /// <param name="before">The window as it was; null when there was none.</param>
    /// <param name="window">The window as it is.</param>
    /// <param name="at">When it was read.</param>
    public QuotaHistory With(QuotaWindow? before, QuotaWindow window, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (window.UsedShare is not { } share)
        {
            return this;
        }

        var points = Points;
        if (points.Length > 0 && (share < points[^1].Share - Fall || at < points[^1].At || IsAnotherRound(before, window, at)))
        {
            points = [];
        }

        return points.Length > 0 && share < points[^1].Share + Step ? (points == Points ? this : new QuotaHistory { Points = points })
            : new QuotaHistory { Points = Thinned(points.Add(new QuotaPoint(at, share))) };
    }

    /// <summary>By its steps.</summary>
    public bool Equals(QuotaHistory? other) => other is not null && Points.SequenceEqual(other.Points);

    /// <inheritdoc />
    public override int GetHashCode() => Points.Length == 0 ? 0 : HashCode.Combine(Points.Length, Points[^1]);

    private static bool IsAnotherRound(QuotaWindow? before, QuotaWindow window, DateTimeOffset at) =>
        before?.ResetsAt is { } old && (old <= at || (window.ResetsAt is { } reset && (reset - old).Duration() > OtherReset));

    // The newest half keeps every step; of the older half every second one goes.
    private static ImmutableArray<QuotaPoint> Thinned(ImmutableArray<QuotaPoint> points)
    {
        if (points.Length <= Most)
        {
            return points;
        }

        var kept = ImmutableArray.CreateBuilder<QuotaPoint>(Most);
        for (var i = 0; i < points.Length; i++)
        {
            if (i >= points.Length / 2 || i % 2 == 0)
            {
                kept.Add(points[i]);
            }
        }

        return kept.ToImmutable();
    }
}
