using Proxy.Actors.Accounts;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Routing;

/// <summary>One lease of a ticket and how it ended. Changed by the router alone.</summary>
internal sealed class Attempt(LeaseId lease, AccountId account, string label, string provider, DateTimeOffset started)
{
    /// <summary>A connection that was waited for so long has had its second chance.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(5);

    public LeaseId Lease { get; } = lease;

    public AccountId Account { get; } = account;

    public string Label { get; } = label;

    public string Provider { get; } = provider;

    public DateTimeOffset Started { get; private set; } = started;

    /// <summary>The routed name that it was for.</summary>
    public string Model { get; init; } = string.Empty;

    /// <summary>The way that it took.</summary>
    public UpstreamWay Way { get; init; }

    /// <summary>How often this request may come back to the account; null = as its configuration says.</summary>
    public int? RequestRetry { get; init; }

    public bool StrippedReasoning { get; init; }

    /// <summary>When the account reported its end or went away; null while it runs.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>Null while it runs, and for good when the account went away with it.</summary>
    public AttemptOutcome? Outcome { get; private set; }

    public Failure? Failure => Outcome?.Failure;

    /// <summary>True once the account has reported it: nothing is left to release.</summary>
    public bool IsReported => Outcome is not null;

    /// <summary>The server was not reached at all: the next account of the same way fares no better in this moment.</summary>
    public bool IsUnreached => Failure?.Network is NetworkFault.Dns or NetworkFault.Connect or NetworkFault.Tls or NetworkFault.ProxyUrl;

    /// <summary>
    /// How much this attempt speaks against its way; a request leaves a way alone from <see cref="RetryPolicy.WayIsDead"/>
    /// on. A broken connection says least; what can't be otherwise the next time, or has been waited for long, says all.
    /// </summary>
    public int SpeaksAgainstWay => Failure switch
    {
        not { Class: FailureClass.Network } => 0,
        { Network: NetworkFault.Address or NetworkFault.Redirect } => RetryPolicy.WayIsDead,
        { Network: NetworkFault.HeadersTimeout or NetworkFault.Silence } => 2,
        _ when !IsUnreached => 1,
        _ => Ended - Started >= LongWait ? RetryPolicy.WayIsDead : 2,
    };

    /// <summary>The clock was set: times of day that are waited by move with it.</summary>
    public void Shift(TimeSpan by)
    {
        Started += by;
        Ended += by;
    }

    public void End(AttemptOutcome? outcome, DateTimeOffset now)
    {
        Ended ??= now;
        Outcome ??= outcome;
    }
}
