using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>Whether waiting makes sense for a ticket that no account can serve now (docs/architecture.md, "Waiting"). Pure.</summary>
internal static class Waiting
{
    /// <summary>
    /// When the account of the ticket's session is back from a rate limit that is short enough to be worth its prompt
    /// cache; null when it is not limited, or for longer. Of a first attempt: a retry waits by <see cref="RetryPolicy"/>.
    /// </summary>
    public static DateTimeOffset? ForHome(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, AccountId home, DateTimeOffset now)
    {
        if (ticket.Attempts.Count > 0 || ticket.HasWaitedForHome || ticket.Facts.Purpose == Purpose.CountTokens || (ticket.Facts.Preferred ?? home) != home)
        {
            return null;
        }

        foreach (var account in accounts)
        {
            if (account.Id == home)
            {
                return ticket.WhyNot(account, now) is { Kind: IneligibilityKind.CoolingDown, Until: { } until }
                    && until - now <= RetryPolicy.LongestStickyWait(ticket.Facts.Configuration.Routing) && until < ticket.WaitLimit && until < ticket.Deadline ? until : null;
            }
        }

        return null;
    }

    /// <summary>When to look again at the latest: some account is busy, refreshing or restarting, or comes back soon and before the deadline. Null when waiting is no use.</summary>
    public static DateTimeOffset? Until(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now)
    {
        var options = ticket.Facts.Configuration.Routing;
        var limit = ticket.WaitLimit < ticket.Deadline ? ticket.WaitLimit : ticket.Deadline;
        if (now >= limit)
        {
            return null;
        }

        DateTimeOffset? soonest = null;
        foreach (var account in accounts)
        {
            if (!account.Models.Serves(ticket.Model) || ticket.WhyNot(account, now) is not { } reason || ticket.IsSpent(account))
            {
                continue;
            }

            if (reason.Kind is IneligibilityKind.Busy or IneligibilityKind.Refreshing or IneligibilityKind.Restarting)
            {
                Take(reason.Until > now ? reason.Until.Value : limit);
            }
            else if (reason.Until is { } until && until - now <= options.MaxRetryInterval && until < limit)
            {
                Take(until);
            }
        }

        return soonest;

        void Take(DateTimeOffset due)
        {
            due = due < limit ? due : limit;
            soonest = soonest <= due ? soonest : due;
        }
    }
}
