using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>
/// Spends the account whose weekly window starts anew first, because what is left in it then is lost. It keeps back what
/// the conversations of an account need to go on: a reserve of the week that shrinks to nothing as the reset comes near,
/// and the room up to the 5 h wall at the present pace. Without a reading a login is given one conversation, which tells;
/// an API key, which loses nothing, comes last (docs/decisions/0006-strategies.md).
/// </summary>
internal sealed class SoonestReset(RecentPlacements placements) : IStrategy
{
    /// <summary>Of the week, kept back on the day before the reset and earlier.</summary>
    private const double Reserve = 0.05;

    /// <summary>Of the 5 h window, at the present pace: more than this and new conversations go elsewhere.</summary>
    private const double FullPace = 0.85;

    /// <summary>What a conversation is taken to cost of a 5 h window until the readings show it.</summary>
    private const double ConversationShare = 0.1;

    /// <summary>The pace of a window that has just begun is a guess: it counts as this old at least.</summary>
    private const double YoungestWindow = 0.25;

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly TimeSpan FiveHours = TimeSpan.FromHours(5);

    /// <summary>In the order of preference.</summary>
    private enum Rank
    {
        Roomy,
        Unread,
        Hurried,
        InReserve,
        PaidByUse,
    }

    /// <inheritdoc />
    public AccountSnapshot Choose(ReadOnlySpan<AccountSnapshot> candidates, string model, DateTimeOffset now)
    {
        var chosen = candidates[0];
        var best = Judge(chosen, now);
        foreach (var candidate in candidates[1..])
        {
            var judged = Judge(candidate, now);
            if (judged.CompareTo(best) < 0)
            {
                (chosen, best) = (candidate, judged);
            }
        }

        placements.Add(chosen.Id, now);
        return chosen;
    }

    /// <summary>Lower is better: the rank, then what tells accounts of that rank apart.</summary>
    private (Rank Rank, double Order) Judge(AccountSnapshot account, DateTimeOffset now)
    {
        var placed = placements.Of(account.Id, now);
        if (!account.IsSubscription)
        {
            return (Rank.PaidByUse, placed);
        }

        if (account.Outlook is { Weekly: null, FiveHours: null })
        {
            // One conversation tells within seconds; a crowd waits for what it tells.
            return placed < 0.5 ? (Rank.Roomy, double.NegativeInfinity) : (Rank.Unread, placed);
        }

        var left = WeekLeft(account.Outlook.Weekly?.ResetsAt, now);
        var used = account.Outlook.Weekly?.UsedShareAt(now) ?? 0;
        if (used >= 1 - (Reserve * Math.Min(1, left.TotalDays)))
        {
            return (Rank.InReserve, used);
        }

        var pace = Pace(account.Outlook.FiveHours, now) + (placed * ConversationShare);
        return pace >= FullPace ? (Rank.Hurried, pace) : (Rank.Roomy, left.TotalDays);
    }

    /// <summary>A week that is over has begun anew; one of which nothing is told may last as long as any.</summary>
    private static TimeSpan WeekLeft(DateTimeOffset? resetsAt, DateTimeOffset now) =>
        resetsAt is not { } reset ? Week
        : reset > now ? reset - now
        : Week - TimeSpan.FromTicks((now - reset).Ticks % Week.Ticks);

    /// <summary>Which share of the 5 h window is used at its end, if all goes on as since its beginning.</summary>
    private static double Pace(WindowOutlook? window, DateTimeOffset now) =>
        window?.UsedShareAt(now) is not { } used ? 0
        : window.ResetsAt is not { } reset ? used
        : used / Math.Clamp(1 - ((reset - now) / FiveHours), YoungestWindow, 1);
}
