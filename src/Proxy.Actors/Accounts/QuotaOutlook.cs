using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>What choice goes by of one window.</summary>
/// <param name="UsedShare">0..1 and above, as it was read; null when not told.</param>
/// <param name="ResetsAt">When it starts anew; null when not told.</param>
/// <param name="ObservedAt">When it was read.</param>
public sealed record WindowOutlook(double? UsedShare, DateTimeOffset? ResetsAt, DateTimeOffset ObservedAt)
{
    /// <summary>The used share, as far as it is known at <paramref name="now"/>: a window that has started anew since is unknown.</summary>
    public double? UsedShareAt(DateTimeOffset now) => ResetsAt <= now ? null : UsedShare;

    /// <summary>When it starts anew next, as far as that is known at <paramref name="now"/>.</summary>
    public DateTimeOffset? ResetsAtAfter(DateTimeOffset now) => ResetsAt > now ? ResetsAt : null;
}

/// <summary>
/// What choice goes by of an account's quota: its own windows, not those of single models. A hint with an age; only a
/// refusal blocks an account.
/// </summary>
/// <param name="Weekly">The weekly window; null when nothing is known of it.</param>
/// <param name="FiveHours">The five-hour window; null when nothing is known of it.</param>
public sealed record QuotaOutlook(WindowOutlook? Weekly, WindowOutlook? FiveHours)
{
    private static readonly TimeSpan SameReset = TimeSpan.FromMinutes(1);

    /// <summary>Nothing is known.</summary>
    public static QuotaOutlook Unknown { get; } = new(null, null);

    /// <summary>What the windows amount to.</summary>
    public static QuotaOutlook Of(QuotaWindows quota)
    {
        WindowOutlook? weekly = null, five = null;
        foreach (var seen in quota.All)
        {
            if (seen.Window.Model is null)
            {
                weekly = seen.Window.Name == WindowNames.Weekly ? new WindowOutlook(seen.Window.UsedShare, seen.Window.ResetsAt, seen.ObservedAt) : weekly;
                five = seen.Window.Name == WindowNames.FiveHours ? new WindowOutlook(seen.Window.UsedShare, seen.Window.ResetsAt, seen.ObservedAt) : five;
            }
        }

        return weekly is null && five is null ? Unknown : new QuotaOutlook(weekly, five);
    }

    /// <summary>True when a choice that goes by <paramref name="other"/> would go the same way by this: no share differs by a whole percent, no reset by a minute.</summary>
    public bool MeansTheSameAs(QuotaOutlook other) => AreAlike(Weekly, other.Weekly) && AreAlike(FiveHours, other.FiveHours);

    private static bool AreAlike(WindowOutlook? a, WindowOutlook? b) =>
        ReferenceEquals(a, b)
        || (a is not null && b is not null && Percent(a.UsedShare) == Percent(b.UsedShare)
            && a.ResetsAt.HasValue == b.ResetsAt.HasValue && !((a.ResetsAt - b.ResetsAt)?.Duration() > SameReset));

    private static long? Percent(double? share) => share is { } s ? (long)Math.Floor((s * 100) + 1e-9) : null;
}
