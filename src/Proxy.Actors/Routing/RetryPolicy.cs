using Proxy.Actors.Configuration;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Routing;

/// <summary>What to do after an attempt.</summary>
internal enum RetryStep
{
    /// <summary>Nothing more.</summary>
    GiveUp,

    /// <summary>The same account once more.</summary>
    Same,

    /// <summary>Another account where there is one.</summary>
    Other,
}

/// <summary>What to do after an attempt, and when.</summary>
/// <param name="Step">What.</param>
/// <param name="NotBefore">Not before this; null = at once.</param>
/// <param name="StripReasoning">Without encrypted reasoning from now on.</param>
internal readonly record struct RetryDecision(RetryStep Step, DateTimeOffset? NotBefore = null, bool StripReasoning = false);

/// <summary>What a decision goes by, beside the attempts.</summary>
/// <param name="Options">Budget and waits.</param>
/// <param name="Accounts">How many accounts serve the model.</param>
/// <param name="Retries">The most extra rounds that the configuration or one of these accounts allows.</param>
/// <param name="IsSticky">The request belongs to a session.</param>
/// <param name="Deadline">When the request ends.</param>
internal readonly record struct RetryTerms(RoutingOptions Options, int Accounts, int Retries, bool IsSticky, DateTimeOffset Deadline)
{
    /// <summary>The terms of a ticket: a fallback model may have accounts that the asked one has not.</summary>
    public static RetryTerms Of(Ticket ticket, AccountBook accounts)
    {
        var facts = ticket.Facts;
        var routing = facts.Configuration.Routing;
        var asked = accounts.Reach(facts.Model, routing.RequestRetry);
        var fallback = ticket.Model == facts.Model ? asked : accounts.Reach(ticket.Model, routing.RequestRetry);
        return new RetryTerms(
            routing,
            Math.Max(asked.Accounts, fallback.Accounts),
            Math.Max(asked.Retries, fallback.Retries),
            IsSticky: facts.Session is not null && routing.SessionAffinity,
            ticket.Deadline);
    }
}

/// <summary>The retry column of the failure table (docs/architecture.md, "Failures"). Pure.</summary>
internal static class RetryPolicy
{
    /// <summary>
    /// So much must speak against a way before a request leaves it alone: a network that is down is told within
    /// seconds, and one that blinked is given a second chance (docs/decisions/0007).
    /// </summary>
    public const int WayIsDead = 3;

    private static readonly TimeSpan FirstPace = TimeSpan.FromSeconds(1);

    /// <summary>Upstream calls that one request may cost.</summary>
    /// <param name="options">The configuration's.</param>
    /// <param name="accounts">Accounts that serve the model.</param>
    /// <param name="retries">Extra rounds.</param>
    public static int Budget(RoutingOptions options, int accounts, int retries)
    {
        var reach = options.MaxRetryCredentials > 0 ? Math.Min(accounts, options.MaxRetryCredentials) : accounts;
        return Math.Max(1, Math.Min(options.MaxAttempts, reach + retries));
    }

    /// <summary>The pause before an account is tried again by the same request: 1, 2, 4, 8 s, never longer than <c>max-retry-interval</c>.</summary>
    public static TimeSpan Pace(int retry, RoutingOptions options)
    {
        var pace = FirstPace * (1 << Math.Clamp(retry - 1, 0, 3));
        return pace < options.MaxRetryInterval ? pace : options.MaxRetryInterval;
    }

    /// <summary>The longest wait of a session for its account to come back from a rate limit.</summary>
    public static TimeSpan LongestStickyWait(RoutingOptions options) => options.StickyWait < options.MaxRetryInterval ? options.StickyWait : options.MaxRetryInterval;

    /// <summary>Decides after the last of <paramref name="attempts"/> ended.</summary>
    public static RetryDecision Decide(IReadOnlyList<Attempt> attempts, in RetryTerms terms, DateTimeOffset now)
    {
        var last = attempts[^1];
        if (attempts.Count - Mended(attempts) >= Budget(terms.Options, terms.Accounts, terms.Retries) || attempts.Count >= terms.Options.MaxAttempts || now >= terms.Deadline)
        {
            return new RetryDecision(RetryStep.GiveUp);
        }

        if (last.Outcome is not { } outcome)
        {
            // The account went away with its lease: nothing is known against the others.
            return new RetryDecision(RetryStep.Other);
        }

        if (outcome.Committed || outcome.Cancelled || outcome.Failure is not { } failure)
        {
            return new RetryDecision(RetryStep.GiveUp);
        }

        if (failure.Ruling is { } ruling)
        {
            return new RetryDecision(ruling is FailureRuling.Stop or FailureRuling.StopAndCooldown ? RetryStep.GiveUp : RetryStep.Other);
        }

        return failure.Class switch
        {
            FailureClass.Request or FailureClass.IdentityRefused => new RetryDecision(RetryStep.GiveUp),
            FailureClass.ForeignReasoning => Count(attempts, last, FailureClass.ForeignReasoning, anyAccount: true) > 1
                ? new RetryDecision(RetryStep.GiveUp)
                : new RetryDecision(RetryStep.Same, StripReasoning: true),
            FailureClass.Unauthorized => new RetryDecision(
                Count(attempts, last, FailureClass.Unauthorized, anyAccount: false) == 1 ? RetryStep.Same : RetryStep.Other),
            FailureClass.RateLimited when failure.Until is { } until => AfterRateLimit(attempts, terms, until, now),
            FailureClass.RateLimited or FailureClass.Throttled => AfterThrottle(attempts, last, failure.Class, terms, now),
            FailureClass.Overloaded => AfterOverload(attempts, last, failure, terms, now),
            FailureClass.QuotaExhausted or FailureClass.Forbidden or FailureClass.Challenge or FailureClass.ModelUnavailable
                or FailureClass.Transient or FailureClass.Network or FailureClass.Truncated => new RetryDecision(RetryStep.Other),
            _ => throw new ArgumentOutOfRangeException(nameof(attempts), failure.Class, "not a failure class"),
        };
    }

    /// <summary>Changing accounts on a per-minute limit wastes the cache and limits the next one: once at most (spec/user-demands.md 13).</summary>
    private static RetryDecision AfterRateLimit(IReadOnlyList<Attempt> attempts, in RetryTerms terms, DateTimeOffset until, DateTimeOffset now)
    {
        var hasHopped = false;
        for (var i = 0; i < attempts.Count - 1; i++)
        {
            hasHopped |= attempts[i].Failure?.Class == FailureClass.RateLimited && attempts[i + 1].Account != attempts[i].Account;
        }

        var mayWait = until - now <= LongestStickyWait(terms.Options) && until < terms.Deadline;
        var hasWaited = Count(attempts, attempts[^1], FailureClass.RateLimited, anyAccount: false) > 1;
        if (mayWait && (terms.IsSticky || hasHopped) && !hasWaited && MayReturn(attempts, terms))
        {
            return new RetryDecision(RetryStep.Same, until);
        }

        // A second hop only where the request would fail without it: no request fails while another account can serve it.
        return new RetryDecision(RetryStep.Other);
    }

    private static RetryDecision AfterThrottle(IReadOnlyList<Attempt> attempts, Attempt last, FailureClass @class, in RetryTerms terms, DateTimeOffset now) =>
        Count(attempts, last, @class, anyAccount: false) == 1 && MayReturn(attempts, terms)
            ? new RetryDecision(RetryStep.Same, now + Pace(1, terms.Options))
            : new RetryDecision(RetryStep.Other);

    /// <summary>The provider is short of capacity, whichever account asks: two paced tries, one of them elsewhere.</summary>
    private static RetryDecision AfterOverload(IReadOnlyList<Attempt> attempts, Attempt last, Failure failure, in RetryTerms terms, DateTimeOffset now)
    {
        var overloads = Count(attempts, last, FailureClass.Overloaded, anyAccount: true);
        if (overloads > 2)
        {
            return new RetryDecision(RetryStep.GiveUp);
        }

        var notBefore = now + Pace(overloads, terms.Options);
        if (failure.Until is { } until && until > notBefore && until - now <= terms.Options.StickyWait && until - now <= terms.Options.MaxRetryInterval)
        {
            notBefore = until;
        }

        return new RetryDecision(overloads == 1 && MayReturn(attempts, terms) ? RetryStep.Same : RetryStep.Other, notBefore);
    }

    /// <summary>The last account may be tried once more by this request.</summary>
    private static bool MayReturn(IReadOnlyList<Attempt> attempts, in RetryTerms terms)
    {
        var (last, tries) = (attempts[^1], 0);
        for (var i = 0; i < attempts.Count; i++)
        {
            tries += attempts[i].Account == last.Account && !IsMended(attempts, i) ? 1 : 0;
        }

        return tries <= (last.RequestRetry ?? terms.Options.RequestRetry);
    }

    /// <summary>
    /// True for an attempt that does not count against the budget: what ended it is mended before the next one (the
    /// token by a refresh, the request by a strip), so the one retry that it is owed must not be eaten by it.
    /// </summary>
    public static bool IsMended(IReadOnlyList<Attempt> attempts, int index)
    {
        var attempt = attempts[index];
        var isMended = attempt.Failure is { Class: FailureClass.Unauthorized or FailureClass.ForeignReasoning, Ruling: null };
        for (var i = 0; isMended && i < index; i++)
        {
            var isSame = attempts[i].Failure?.Class == attempt.Failure!.Class;
            isMended = !(isSame && (attempt.Failure.Class == FailureClass.ForeignReasoning || attempts[i].Account == attempt.Account));
        }

        return isMended;
    }

    private static int Mended(IReadOnlyList<Attempt> attempts)
    {
        var mended = 0;
        for (var i = 0; i < attempts.Count; i++)
        {
            mended += IsMended(attempts, i) ? 1 : 0;
        }

        return mended;
    }

    private static int Count(IReadOnlyList<Attempt> attempts, Attempt last, FailureClass @class, bool anyAccount)
    {
        var count = 0;
        foreach (var attempt in attempts)
        {
            count += attempt.Failure?.Class == @class && (anyAccount || attempt.Account == last.Account) ? 1 : 0;
        }

        return count;
    }
}
