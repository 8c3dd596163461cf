using System.Collections.Frozen;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>A message about one account.</summary>
public interface IWithAccountId
{
    /// <summary>The account.</summary>
    AccountId AccountId { get; }
}

/// <summary>
/// What an <c>AccountActor</c> is told.
/// <para>
/// <b>After a 401.</b> The account applies it, begins its refresh if the lease carried the current token, tells
/// <see cref="AccountEvents.SnapshotChanged"/> (blocked by <see cref="IneligibilityKind.Refreshing"/> while it runs) and
/// then, at once, <see cref="AccountEvents.AttemptEnded"/>. It does not hold AttemptEnded back until the refresh is over.
/// The router's one retry on the same account is an <see cref="Acquire"/> like any other: it waits in the account behind
/// the refresh and is answered with a Granted that carries the new generation, or, when the refresh failed, with a
/// Refused (LoginNeeded, or CoolingDown until the next try). So "Refreshing" in a snapshot bars nobody who has a reason to
/// wait for this account, and a router that has none goes elsewhere. A 401 of an older generation changes nothing: the
/// retry is granted at once with the token that is current by then. API-key accounts have nothing to refresh: their
/// snapshot says LoginNeeded.
/// </para>
/// </summary>
public static class AccountCommands
{
    /// <summary>From the router, answered to it with <see cref="AccountEvents.Granted"/> or <see cref="AccountEvents.Refused"/>: permission for one attempt.</summary>
    /// <param name="AccountId">The account.</param>
    /// <param name="Ticket">For which request.</param>
    /// <param name="Model">The routed model name (suffix removed, prefix still on).</param>
    /// <param name="Purpose">What for.</param>
    /// <param name="Deadline">Until when an answer is of use; bounds a wait behind a refresh.</param>
    /// <param name="RequestDeadline">When the whole request ends; the lease expires then.</param>
    /// <param name="IsFailover">It comes from another account that is out, and is not lost without this one: the <see cref="Ramp"/> holds for it.</param>
    /// <param name="Spread">Which member of a pool of models: the same number, the same member. Null = the next in turn.</param>
    public sealed record Acquire(AccountId AccountId, TicketId Ticket, string Model, Purpose Purpose, DateTimeOffset Deadline, DateTimeOffset RequestDeadline, bool IsFailover = false, int? Spread = null) : IWithAccountId;

    /// <summary>From the relay, as soon as headers or a rate-limit event are read.</summary>
    public sealed record Observed(AccountId AccountId, LeaseId Lease, QuotaReading Reading) : IWithAccountId;

    /// <summary>From the relay, once per lease, in a finally.</summary>
    public sealed record LeaseEnded(AccountId AccountId, LeaseId Lease, AttemptOutcome Outcome) : IWithAccountId;

    /// <summary>From the router: the request is over or unknown; the lease ends without an outcome. Idempotent with <see cref="LeaseEnded"/>.</summary>
    public sealed record Release(AccountId AccountId, LeaseId Lease) : IWithAccountId;
}

/// <summary>How an attempt ended.</summary>
/// <param name="Failure">Null for success.</param>
/// <param name="Committed">Content had gone to the client.</param>
/// <param name="Cancelled">The client went away (or its deadline passed): says nothing about the account.</param>
public sealed record AttemptOutcome(Failure? Failure, bool Committed, bool Cancelled)
{
    /// <summary>It went well.</summary>
    public static AttemptOutcome Success { get; } = new(null, Committed: true, Cancelled: false);
}

/// <summary>What an <c>AccountActor</c> tells the router.</summary>
public static class AccountEvents
{
    /// <summary>A new snapshot. The latest counts; sent on every change that matters to choice.</summary>
    public sealed record SnapshotChanged(AccountSnapshot Snapshot) : IWithAccountId
    {
        /// <inheritdoc />
        public AccountId AccountId => Snapshot.Id;
    }

    /// <summary>Permission granted.</summary>
    public sealed record Granted(Lease Lease) : IWithAccountId
    {
        /// <inheritdoc />
        public AccountId AccountId => Lease.Account;
    }

    /// <summary>Permission refused, with the state that refused it.</summary>
    public sealed record Refused(AccountId AccountId, TicketId Ticket, Ineligibility Reason, AccountSnapshot Snapshot) : IWithAccountId;

    /// <summary>The account has applied an outcome. Follows the <see cref="SnapshotChanged"/> it led to, over the same pair of actors.</summary>
    public sealed record AttemptEnded(AccountId AccountId, TicketId Ticket, LeaseId Lease, AttemptOutcome Outcome) : IWithAccountId;

    /// <summary>The account is gone (removed, or its actor stopped): its leases count as ended.</summary>
    public sealed record AccountGone(AccountId AccountId) : IWithAccountId;
}

/// <summary>Why an account can't be used.</summary>
public enum IneligibilityKind
{
    /// <summary>It does not serve this model.</summary>
    ModelNotServed,

    /// <summary>A quota window is used up.</summary>
    QuotaExhausted,

    /// <summary>A rate limit.</summary>
    CoolingDown,

    /// <summary>403 or 402: quarantined.</summary>
    Forbidden,

    /// <summary>The model is not available to it.</summary>
    ModelUnavailable,

    /// <summary>The refresh token is no longer good: a person must log in.</summary>
    LoginNeeded,

    /// <summary>The token is being refreshed.</summary>
    Refreshing,

    /// <summary>Concurrency cap or ramp.</summary>
    Busy,

    /// <summary>Paused by its owner (<c>disabled</c> in its file).</summary>
    Paused,

    /// <summary>Its file can't be read; the reason says why.</summary>
    Broken,

    /// <summary>Its actor is being restarted.</summary>
    Restarting,

    /// <summary>It failed, or can't be reached, in a way that may pass: 5xx, a challenge page, a proxy of its own, a refresh that is put off.</summary>
    Failing,
}

/// <summary>Why, and until when if that is known.</summary>
public sealed record Ineligibility(IneligibilityKind Kind, DateTimeOffset? Until, string Reason);

/// <summary>What the router knows of an account: a hint. The account's own answer is the decision.</summary>
public sealed record AccountSnapshot
{
    /// <summary>The account.</summary>
    public required AccountId Id { get; init; }

    /// <summary>Its label, safe to show.</summary>
    public required string Label { get; init; }

    /// <summary><c>claude</c>, <c>codex</c> or a compatible upstream's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The kind of upstream.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>Higher is served first.</summary>
    public int Priority { get; init; }

    /// <summary>Its share of turns under <c>weighted-round-robin</c>; 0 and less: no new conversations.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>A login: what its quota windows hold is lost when they start anew. An API key is paid by use.</summary>
    public bool IsSubscription { get; init; }

    /// <summary>Which models it serves.</summary>
    public required ServedModels Models { get; init; }

    /// <summary>Blocked for all models; null when not. Judge it against the time: see <see cref="WhyNot"/>.</summary>
    public Ineligibility? Blocked { get; init; }

    /// <summary>Blocked for single models.</summary>
    public FrozenDictionary<string, Ineligibility> BlockedModels { get; init; } = FrozenDictionary<string, Ineligibility>.Empty;

    /// <summary>Blocked for families of models (<see cref="ModelFamily"/>): their own quota window is used up.</summary>
    public FrozenDictionary<string, Ineligibility> BlockedFamilies { get; init; } = FrozenDictionary<string, Ineligibility>.Empty;

    /// <summary>Its quota, as far as choice goes by it. Told anew when a share moves by a percent.</summary>
    public QuotaOutlook Outlook { get; init; } = QuotaOutlook.Unknown;

    /// <summary>Busy: as many requests run as its owner allows. Token counts go on. Null while there is room.</summary>
    public Ineligibility? AtCap { get; init; }

    /// <summary>Busy: its <see cref="Ramp"/> is full, and takes no more failovers for now. Null while it does.</summary>
    public Ineligibility? AtRamp { get; init; }

    /// <summary>How many more leases its cap and ramp leave; null when nothing limits them. So many that wait are worth waking.</summary>
    public int? Room { get; init; }

    /// <summary>When the blocking reading was taken; null when none blocks. Probes go by its age.</summary>
    public DateTimeOffset? BlockedSince { get; init; }

    /// <summary>Leases in flight.</summary>
    public int InFlight { get; init; }

    /// <summary>How often one request may try it again; null = as the request's configuration says.</summary>
    public int? RequestRetry { get; init; }

    /// <summary>The way to its upstream.</summary>
    public Outbound.UpstreamWay Way { get; init; }

    /// <summary>The one eligibility function, used on every path: why this account can't serve <paramref name="model"/> at <paramref name="now"/>; null when it can.</summary>
    /// <param name="model">The routed name.</param>
    /// <param name="now">The time.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="isFailover">The request comes from another account that is out.</param>
    public Ineligibility? WhyNot(string model, DateTimeOffset now, Purpose purpose = Purpose.Inference, bool isFailover = false)
    {
        if (!Models.Serves(model) || !purpose.IsServedBy(Kind))
        {
            return new Ineligibility(IneligibilityKind.ModelNotServed, null, Models.Serves(model) ? "can't compact conversations" : "does not serve this model");
        }

        if (Blocked is { } blocked && !(blocked.Until <= now))
        {
            return blocked;
        }

        if (BlockedModels.TryGetValue(model, out var forModel) && !(forModel.Until <= now))
        {
            return forModel;
        }

        return BlockedFamilies.Count > 0 && FamilyBlock(model, now) is { } forFamily ? forFamily
            : purpose == Purpose.CountTokens ? null
            : AtCap ?? (isFailover && AtRamp is { } ramp && !(ramp.Until <= now) ? ramp : null);
    }

    /// <summary>A pool of models is blocked when the families of all of them are.</summary>
    private Ineligibility? FamilyBlock(string model, DateTimeOffset now)
    {
        Ineligibility? block = null;
        foreach (var upstream in Models.Find(model)?.Upstreams ?? [])
        {
            if (!BlockedFamilies.TryGetValue(ModelFamily.Of(upstream.Name), out var found) || found.Until <= now)
            {
                return null;
            }

            block = block is null || found.Until < block.Until ? found : block;
        }

        return block;
    }

    /// <summary>True when a choice that goes by <paramref name="other"/> would go the same way by this: all but <see cref="InFlight"/> and <see cref="Room"/> is equal.</summary>
    public bool MeansTheSameAs(AccountSnapshot other) =>
        Id == other.Id && Label == other.Label && Provider == other.Provider && Kind == other.Kind && Priority == other.Priority
        && Weight == other.Weight && IsSubscription == other.IsSubscription && AtCap == other.AtCap && AtRamp == other.AtRamp
        && Blocked == other.Blocked && BlockedSince == other.BlockedSince && Models == other.Models
        && AreAlike(BlockedModels, other.BlockedModels) && AreAlike(BlockedFamilies, other.BlockedFamilies) && Outlook.MeansTheSameAs(other.Outlook)
        && RequestRetry == other.RequestRetry && Way == other.Way;

    private static bool AreAlike(FrozenDictionary<string, Ineligibility> a, FrozenDictionary<string, Ineligibility> b) =>
        a.Count == b.Count && (a.Count == 0 || a.All(p => b.TryGetValue(p.Key, out var same) && same == p.Value));
}
