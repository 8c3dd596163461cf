using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>Whether waiting makes sense for a ticket that no account can serve now (docs/architecture.md, "Waiting"). Pure.</summary>
internal static class Waiting
{
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
