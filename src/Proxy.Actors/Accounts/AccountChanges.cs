using Proxy.Actors.Credentials;
using Proxy.Actors.UsageEndpoints;
using Proxy.Protocol.Models;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>What can happen to an <see cref="AccountState"/>. Each carries its time, so that applying it needs no clock.</summary>
public abstract record AccountChange
{
    private AccountChange()
    {
    }

    /// <summary>Its file or entry was read (again).</summary>
    /// <param name="Profile">What it amounts to.</param>
    /// <param name="File">The file; null when it is unusable, or for API keys.</param>
    /// <param name="ApiKey">The key; null for files and for upstreams without one.</param>
    /// <param name="At">When.</param>
    /// <param name="Jitter">0..1: spreads the refresh of a new pair.</param>
    public sealed record Defined(AccountProfile Profile, AuthFile? File, Secret? ApiKey, DateTimeOffset At, double Jitter) : AccountChange
    {
        /// <summary>What a definition amounts to.</summary>
        public static Defined By(AccountDefinition definition, ModelCatalogue catalogue, DateTimeOffset at, double jitter) => new(
            AccountProfile.From(definition, catalogue),
            (definition.Reading as AuthFileReading.Loaded)?.File,
            definition.Entry is { ApiKey.Length: > 0 } entry ? new Secret(entry.ApiKey) : null,
            at,
            jitter);
    }

    /// <summary>A lease was granted.</summary>
    public sealed record LeaseGranted(LeaseInFlight Lease) : AccountChange;

    /// <summary>A lease ended.</summary>
    public sealed record LeaseEnded(LeaseId Lease, AttemptOutcome Outcome, DateTimeOffset At) : AccountChange;

    /// <summary>A lease was given back without an outcome.</summary>
    public sealed record LeaseReleased(LeaseId Lease) : AccountChange;

    /// <summary>Time has passed: leases that outlived their request go.</summary>
    public sealed record TimePassed(DateTimeOffset At) : AccountChange;

    /// <summary>The provider spoke of quota windows.</summary>
    /// <param name="Reading">What it said.</param>
    public sealed record QuotaObserved(QuotaReading Reading) : AccountChange
    {
        /// <summary>When it is applied; null for at once.</summary>
        public DateTimeOffset? At { get; init; }

        /// <summary>The lease whose answer said it; null for the usage endpoint.</summary>
        public LeaseId? Lease { get; init; }
    }

    /// <summary>Its usage endpoint is being asked.</summary>
    public sealed record UsageAsked(DateTimeOffset At) : AccountChange;

    /// <summary>Its usage endpoint was asked.</summary>
    /// <param name="Answer">What came of it.</param>
    /// <param name="Generation">Of the token that it was asked with.</param>
    /// <param name="At">When it came.</param>
    public sealed record UsageAnswered(UsageAnswer Answer, long Generation, DateTimeOffset At) : AccountChange;

    /// <summary>A refresh began.</summary>
    public sealed record RefreshBegan(DateTimeOffset At) : AccountChange;

    /// <summary>A refresh ended.</summary>
    public sealed record RefreshEnded(RenewalOutcome Outcome, DateTimeOffset At, double Jitter) : AccountChange;

    /// <summary>Its file or entry is gone: no new leases; it drains.</summary>
    public sealed record Retired : AccountChange;

    /// <summary>Its owner ordered it.</summary>
    public sealed record Ordered(AccountOrder Order, DateTimeOffset At) : AccountChange;

    /// <summary>Its actor failed and begins anew.</summary>
    public sealed record RestartBegan : AccountChange;

    /// <summary>Its actor is back.</summary>
    public sealed record RestartEnded : AccountChange;
}

/// <summary>A lease in flight.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Ticket">The request.</param>
/// <param name="Model">The upstream's model name.</param>
/// <param name="Purpose">What for.</param>
/// <param name="Generation">Of the token it carries.</param>
/// <param name="GrantedAt">When.</param>
/// <param name="ExpiresAt">The request's deadline.</param>
/// <param name="CooldownSequence">Of <see cref="Cooldowns.Sequence"/> at the grant.</param>
public sealed record LeaseInFlight(LeaseId Id, TicketId Ticket, string Model, Purpose Purpose, long Generation, DateTimeOffset GrantedAt, DateTimeOffset ExpiresAt, long CooldownSequence);
