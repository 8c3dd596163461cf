using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>
/// What becomes of a request whose model is out of quota: <c>quota-exceeded.switch-project</c> (may its session move to
/// another account?) and the model that it falls back to (<c>model-fallbacks</c>). Pure.
/// </summary>
internal static class QuotaExceeded
{
    /// <summary>
    /// The accounts that the ticket may go to: all, or, where sessions must not move for quota's sake, only the one that
    /// its session came with while that one is out of quota.
    /// </summary>
    public static ReadOnlySpan<AccountSnapshot> Candidates(Ticket ticket, ReadOnlySpan<AccountSnapshot> all, DateTimeOffset now)
    {
        if (ticket.Facts.Configuration.Routing.SwitchAccounts || ticket.Home is not { } home)
        {
            return all;
        }

        for (var i = 0; i < all.Length; i++)
        {
            if (all[i].Id == home && all[i].WhyNot(ticket.Model, now) is { Kind: IneligibilityKind.QuotaExhausted })
            {
                return all.Slice(i, 1);
            }
        }

        return all;
    }

    /// <summary>
    /// True when the ticket should go on with its next fallback: no account can serve its model now, and quota is why. A
    /// fallback that can't be served either, for whatever reason, is followed by the next one. Every request begins with
    /// the model that it asks for, so a conversation is back on it as soon as there is quota.
    /// </summary>
    public static bool CanFallBack(Ticket ticket, ReadOnlySpan<AccountSnapshot> all, DateTimeOffset now)
    {
        if (ticket.Facts.Purpose != Purpose.Inference
            || ticket.FallbacksUsed >= ticket.Facts.Fallbacks.Count
            || ticket.Attempts.Count >= ticket.Facts.Configuration.Routing.MaxAttempts
            || now >= ticket.Deadline)
        {
            return false;
        }

        var isOutOfQuota = ticket.FallbacksUsed > 0;
        foreach (var account in Candidates(ticket, all, now))
        {
            if (!account.Models.Serves(ticket.Model))
            {
                continue;
            }

            var reason = ticket.WhyNot(account, now);
            if (reason is null)
            {
                return false;
            }

            isOutOfQuota |= reason.Kind == IneligibilityKind.QuotaExhausted;
        }

        return isOutOfQuota;
    }
}
