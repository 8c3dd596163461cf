using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>Which account a ticket tries next. Pure but for the cursor that it moves.</summary>
internal static class Selector
{
    /// <summary>How old a blocking quota reading must be before a request may re-test it (docs/architecture.md, "Failures").</summary>
    public static readonly TimeSpan ProbeAge = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The account to ask: the pinned one; else among the eligible that this ticket has not tried, then among all
    /// eligible: the preferred, the session's (priority never breaks a live binding), the next of the ring within the
    /// highest priority, providers with capacity first. Null when none is eligible.
    /// </summary>
    /// <param name="ticket">The request.</param>
    /// <param name="accounts">All snapshots, in order of their ids.</param>
    /// <param name="bound">The session's account; null without one.</param>
    /// <param name="overloads">Providers without capacity.</param>
    /// <param name="rotation">The cursors.</param>
    /// <param name="now">The time.</param>
    public static AccountSnapshot? Choose(
        Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, AccountId? bound, OverloadStates overloads, Rotation rotation, DateTimeOffset now)
    {
        if (ticket.Pinned is { } pinned && Find(accounts, pinned) is { } same && IsAskable(ticket.WhyNot(same, now)))
        {
            return same;
        }

        return Choose(ticket, accounts, bound, overloads, rotation, now, fresh: true)
            ?? (ticket.Attempts.Count > 0 ? Choose(ticket, accounts, bound, overloads, rotation, now, fresh: false) : null);
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
                && ticket.LastOn(account.Id) is null && ticket.WhyNot(account, now) is { Kind: IneligibilityKind.QuotaExhausted } && !IsRefused(ticket, account.Id))
            {
                oldest = account;
            }
        }

        return oldest;
    }

    private static AccountSnapshot? Choose(
        Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, AccountId? bound, OverloadStates overloads, Rotation rotation, DateTimeOffset now, bool fresh)
    {
        var model = ticket.Model;
        var last = rotation.Last(model);
        AccountSnapshot? first = null, next = null, preferred = null, sessions = null;
        var best = (HasCapacity: false, Priority: int.MinValue);
        foreach (var account in accounts)
        {
            if (!account.Models.Serves(model) || (fresh && ticket.LastOn(account.Id) is not null) || ticket.WhyNot(account, now) is not null)
            {
                continue;
            }

            preferred = account.Id == ticket.Facts.Preferred ? account : preferred;
            sessions = account.Id == bound ? account : sessions;
            var rank = (HasCapacity: !overloads.IsOverloaded(account.Provider, model, now), account.Priority);
            var comparison = rank.CompareTo(best);
            if (first is null || comparison > 0)
            {
                (best, first, next) = (rank, account, null);
            }

            if (comparison >= 0 && next is null && (last is not { } l || string.CompareOrdinal(account.Id.Value, l.Value) > 0))
            {
                next = account;
            }
        }

        if (preferred is not null || sessions is not null)
        {
            return preferred ?? sessions;
        }

        var chosen = next ?? first;
        if (chosen is not null)
        {
            rotation.MoveTo(model, chosen.Id);
        }

        return chosen;
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
