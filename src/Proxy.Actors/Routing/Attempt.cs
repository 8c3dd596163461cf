using Proxy.Actors.Accounts;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Routing;

/// <summary>One lease of a ticket and how it ended. Changed by the router alone.</summary>
internal sealed class Attempt(LeaseId lease, AccountId account, string label, string provider, DateTimeOffset started)
{
    public LeaseId Lease { get; } = lease;

    public AccountId Account { get; } = account;

    public string Label { get; } = label;

    public string Provider { get; } = provider;

    public DateTimeOffset Started { get; } = started;

    public bool StrippedReasoning { get; init; }

    /// <summary>When the account reported its end or went away; null while it runs.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>Null while it runs, and for good when the account went away with it.</summary>
    public AttemptOutcome? Outcome { get; private set; }

    public Failure? Failure => Outcome?.Failure;

    /// <summary>True once the account has reported it: nothing is left to release.</summary>
    public bool IsReported => Outcome is not null;

    public void End(AttemptOutcome? outcome, DateTimeOffset now)
    {
        Ended ??= now;
        Outcome ??= outcome;
    }
}
