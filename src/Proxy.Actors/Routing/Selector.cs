using Proxy.Actors.Accounts;
using Proxy.Actors.Routing.Strategies;

namespace Proxy.Actors.Routing;

/// <summary>An account for a ticket.</summary>
/// <param name="Account">The account.</param>
/// <param name="IsFailover">It comes from another account that is out, and this one is not the only one left: its ramp holds.</param>
internal readonly record struct Choice(AccountSnapshot Account, bool IsFailover);

/// <summary>Which account a ticket tries next. Pure but for the cursors that it moves.</summary>
internal static class Selector
{
    /// <summary>How old a blocking quota reading must be before a request may re-test it (docs/architecture.md, "Failures").</summary>
    public static readonly TimeSpan ProbeAge = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The account to ask: the pinned one; else among the eligible that this ticket has not tried, then among all
    /// eligible: the preferred, the session's (priority never breaks a live binding), the strategy's within the highest
    /// priority, providers with capacity first; else the one that nothing but its ramp keeps from being the last one
    /// left. Null when there is none.
    /// </summary>
    /// <param name="ticket">The request.</param>
    /// <param name="accounts">All snapshots, in order of their ids.</param>
    /// <param name="bound">The session's account; null without one.</param>
    /// <param name="overloads">Providers without capacity.</param>
    /// <param name="strategies">The strategies and their cursors.</param>
    /// <param name="now">The time.</param>
    public static Choice? Choose(
        Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, AccountId? bound, OverloadStates overloads, StrategySet strategies, DateTimeOffset now)
    {
        if (ticket.Pinned is { } pinned && Find(accounts, pinned) is { } same && IsAskable(ticket.WhyNot(same, now)))
        {
            return new Choice(same, ticket.IsFailover(same.Id));
        }

        if ((Choose(ticket, accounts, bound, overloads, strategies, now, fresh: true)
            ?? (ticket.Attempts.Count > 0 ? Choose(ticket, accounts, bound, overloads, strategies, now, fresh: false) : null)) is { } chosen)
        {
            return new Choice(chosen, ticket.IsFailover(chosen.Id) && CountServing(ticket, accounts, now, out _) > 1);
        }

        return CountServing(ticket, accounts, now, out var only) == 1 && only is { AtRamp: not null } ? new Choice(only, IsFailover: false) : null;
    }

    /// <summary>The account whose blocking quota reading is the oldest and may be re-tested by this request; null when there is none.</summary>
    public static AccountSnapshot? ChooseProbe(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now)
    {
        AccountSnapshot? oldest = null;
        if (ticket.Facts.Purpose != Purpose.Inference)
        {
            return null;
        }

        foreach (var account in accounts)
        {
            if (account.BlockedSince is { } since && since + ProbeAge <= now && !(oldest?.BlockedSince <= since)
                && ticket.LastOn(account.Id) is null && !ticket.IsSpent(account) && ticket.WhyNot(account, now) is { Kind: IneligibilityKind.QuotaExhausted } && !IsRefused(ticket, account.Id))
            {
                oldest = account;
            }
        }

        return oldest;
    }

    private static AccountSnapshot? Choose(
        Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, AccountId? bound, OverloadStates overloads, StrategySet strategies, DateTimeOffset now, bool fresh)
    {
        var model = ticket.Model;
        var routing = ticket.Facts.Configuration.Routing;
        AccountSnapshot? preferred = null, sessions = null;
        var candidates = strategies.Room(accounts.Length);
        var count = 0;
        var best = (HasCapacity: false, Priority: int.MinValue, HasRoom: false);
        foreach (var account in accounts)
        {
            if (!account.Models.Serves(model) || (fresh && (ticket.LastOn(account.Id) is not null || ticket.LastUnreached(account) is not null)) || ticket.WhyNot(account, now) is not null || ticket.IsSpent(account))
            {
                continue;
            }

            preferred = account.Id == ticket.Facts.Preferred ? account : preferred;
            sessions = account.Id == bound ? account : sessions;
            var rank = (HasCapacity: !overloads.IsOverloaded(account.Provider, model, now), account.Priority, HasRoom: Pressure.IsBelow(routing.PressureLimit, account, now));
            var comparison = count == 0 ? 1 : rank.CompareTo(best);
            if (comparison > 0)
            {
                (best, count) = (rank, 0);
            }

            if (comparison >= 0)
            {
                candidates[count++] = account;
            }
        }

        return preferred ?? sessions
            ?? (fresh || ticket.Paced is not { } paced ? null : Find(candidates[..count], paced))
            ?? (count > 0 ? strategies.Named(routing.Strategy).Choose(candidates[..count], model, now) : null);
    }

    /// <summary>How many serve the ticket now, or would if they were less busy; and the last of them but for its ramp.</summary>
    private static int CountServing(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now, out AccountSnapshot? one)
    {
        one = null;
        var count = 0;
        foreach (var account in accounts)
        {
            var reason = ticket.WhyNot(account, now);
            if ((reason is null or { Kind: IneligibilityKind.Busy }) && !ticket.IsSpent(account))
            {
                count++;
                one = account.WhyNot(ticket.Model, now, ticket.Facts.Purpose) is null ? account : one;
            }
        }

        return count;
    }

    /// <summary>An account that refreshes takes waiters: a retry after a 401 waits there, behind its own refresh.</summary>
    private static bool IsAskable(Ineligibility? reason) => reason is null or { Kind: IneligibilityKind.Refreshing };

    private static bool IsRefused(Ticket ticket, AccountId account) => ticket.Refusals?.Exists(r => r.Account == account) == true;

    private static AccountSnapshot? Find(ReadOnlySpan<AccountSnapshot> accounts, AccountId id)
    {
        foreach (var account in accounts)
        {
            if (account.Id == id)
            {
                return account;
            }
        }

        return null;
    }
}
