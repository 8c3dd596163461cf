using System.Collections.Immutable;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>
/// Everything that an account knows of itself: pure and immutable, no clock, no I/O, no actor. Decisions read it, and
/// <see cref="Apply"/> is the only way to a next one (failure table: docs/architecture.md, "Failures"; in
/// <see cref="FailureRules"/>).
/// </summary>
public sealed record AccountState
{
    /// <summary>A blocked quota reading that is older may be re-tested by a probe; also the time between two probes.</summary>
    public static readonly TimeSpan ProbeAfter = TimeSpan.FromMinutes(15);

    /// <summary>A lease may outlive its request's deadline by this much, for the end to be told.</summary>
    public static readonly TimeSpan LeaseGrace = TimeSpan.FromSeconds(30);

    /// <summary>The reason of an account that drains before it goes.</summary>
    internal const string BeingRemoved = "is being removed";

    private static readonly TimeSpan SaveRetry = TimeSpan.FromSeconds(60);

    /// <summary>What it is made of.</summary>
    public required AccountProfile Profile { get; init; }

    /// <summary>Its credential; null while there is none.</summary>
    public AccountToken? Token { get; init; }

    /// <summary>Its refresh.</summary>
    public RefreshStatus Refresh { get; init; } = RefreshStatus.Idle;

    /// <summary>Its quota windows.</summary>
    public QuotaWindows Quota { get; init; } = QuotaWindows.None;

    /// <summary>Its usage endpoint.</summary>
    public UsageStatus Usage { get; init; } = UsageStatus.Idle;

    /// <summary>Its cooldowns.</summary>
    public Cooldowns Cooldowns { get; init; } = Cooldowns.None;

    /// <summary>Its leases in flight.</summary>
    public ImmutableDictionary<LeaseId, LeaseInFlight> Leases { get; init; } = ImmutableDictionary<LeaseId, LeaseInFlight>.Empty;

    /// <summary>Counters.</summary>
    public AccountCounters Counters { get; init; } = new();

    /// <summary>The last failure.</summary>
    public LastFailure? LastFailure { get; init; }

    /// <summary>When a probe was last let through.</summary>
    public DateTimeOffset? LastProbe { get; init; }

    /// <summary>Since when it is paused by a command; null when it is not. For API keys: a file says it itself (<see cref="AccountProfile.IsPaused"/>).</summary>
    public DateTimeOffset? PausedSince { get; init; }

    /// <summary>When it last was given a lease or served one well; null for never.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>How carefully failovers are let in; null when it is warm.</summary>
    public Ramp? Ramp { get; init; }

    /// <summary>Which attempt used a member of a pool of models last.</summary>
    public ImmutableDictionary<string, long> PoolUse { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>It drains: its file or entry is gone.</summary>
    public bool IsRetiring { get; init; }

    /// <summary>Its actor is being restarted.</summary>
    public bool IsRestarting { get; init; }

    /// <summary>Nothing is left to wait for before it may stop.</summary>
    public bool IsDrained => IsRetiring && Leases.IsEmpty && Refresh.Phase != RefreshPhase.Running;

    /// <summary>The state that a definition begins with.</summary>
    public static AccountState From(AccountChange.Defined defined) => new AccountState { Profile = defined.Profile }.Apply(defined);

    /// <summary>Decides about an Acquire.</summary>
    /// <param name="model">The routed name.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="now">The time.</param>
    /// <param name="isFailover">It comes from another account that is out.</param>
    /// <param name="spread">Which member of a pool of models; null = the next in turn.</param>
    public AcquireDecision Decide(string model, Purpose purpose, DateTimeOffset now, bool isFailover = false, int? spread = null)
    {
        if (Profile.Models.Find(model) is not { } served)
        {
            return new AcquireDecision.Refuse(new Ineligibility(IneligibilityKind.ModelNotServed, null, "does not serve this model"));
        }

        var upstream = ModelPools.Choose(served, spread, this, now).Name;
        var blocked = Standing(now) ?? Cooldowns.ForAccount(now)?.ToIneligibility() ?? Cooldowns.ForModel(upstream, now)?.ToIneligibility();
        if (blocked is not null && !(purpose == Purpose.Probe && MayProbe(upstream, now)))
        {
            return new AcquireDecision.Refuse(blocked);
        }

        if (Admission.WhyNot(this, purpose, isFailover, now) is { } busy)
        {
            return new AcquireDecision.Refuse(busy);
        }

        // A fresh pair that is short-lived by its provider's wish is as good as it gets: no refresh loop (spec/accounts.md 2.2).
        var token = Token!;
        if (token.IsGood(now) || (Refresh.IsFresh(now) && token.IsUsable(now)))
        {
            return new AcquireDecision.Grant(upstream);
        }

        return CanRefresh && !Refresh.BacksOff(now) ? new AcquireDecision.Wait()
            : token.IsUsable(now) ? new AcquireDecision.Grant(upstream)
            : new AcquireDecision.Refuse(TokenBlock(now)!);
    }

    /// <summary>True when a refresh should begin now. <paramref name="isWanted"/>: a request waits for it.</summary>
    public bool ShouldRefresh(DateTimeOffset now, bool isWanted)
    {
        if (!CanRefresh || IsRestarting || Refresh.Phase is RefreshPhase.Running || Refresh.BacksOff(now))
        {
            return false;
        }

        if (isWanted)
        {
            return true;
        }

        var token = Token!;
        var isDue = token.IsRejected ? !Cooldowns.All.Any(c => c.Cause == CooldownCause.CredentialRefused && c.Holds(now)) : token.RefreshDue <= now;
        return isDue && !Refresh.IsFresh(now);
    }

    /// <summary>True when a pair that could not be written should be tried again.</summary>
    public bool ShouldSave(DateTimeOffset now) => Token?.NotSaved is not null && Refresh.Phase == RefreshPhase.Idle && !(Refresh.LastRefreshed + SaveRetry > now);

    /// <summary>When the first lease is lost if nobody ends it; null without leases.</summary>
    public DateTimeOffset? NextLeaseEnd() => Leases.IsEmpty ? null : Leases.Values.Min(l => l.ExpiresAt) + LeaseGrace;

    /// <summary>When time alone changes something next, leases apart; null for never.</summary>
    public DateTimeOffset? NextWake(DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        void Consider(DateTimeOffset? at) => next = at is null || next < at ? next : at;
        if (CanRefresh && Refresh.Phase is RefreshPhase.Idle)
        {
            var earliest = Refresh.LastRefreshed + RefreshSchedule.Spacing;
            Consider(Token!.RefreshDue < earliest ? earliest : Token.RefreshDue);
            Consider(Token.NotSaved is null ? null : Refresh.LastRefreshed + SaveRetry);
        }

        Consider(UsageRules.NextWake(this, now));
        Consider(Refresh.NextTry);
        Consider(Token?.Expires > now ? Token.Expires : null);
        foreach (var cooldown in Cooldowns.All)
        {
            Consider(cooldown.Cause == CooldownCause.CredentialRefused && cooldown.Holds(now) ? cooldown.Until : null);
        }

        return next;
    }

    /// <summary>The next state.</summary>
    public AccountState Apply(AccountChange change) => change switch
    {
        AccountChange.LeaseGranted e => this with
        {
            Leases = Leases.Add(e.Lease.Id, e.Lease),
            LastUsed = e.Lease.Purpose == Purpose.CountTokens ? LastUsed : e.Lease.GrantedAt,
            Ramp = Admission.AfterGrant(this, e.Lease),
            Counters = Counters with { Attempts = Counters.Attempts + 1 },
            LastProbe = e.Lease.Purpose == Purpose.Probe ? e.Lease.GrantedAt : LastProbe,
            PoolUse = Profile.Models.IsPooled(e.Lease.Model) ? PoolUse.SetItem(e.Lease.Model, Counters.Attempts) : PoolUse,
        },
        AccountChange.LeaseEnded e when Leases.TryGetValue(e.Lease, out var lease) =>
            FailureRules.Apply(Admission.AfterEnd(this, lease, e.Outcome, e.At), lease, e.Outcome, e.At),
        AccountChange.LeaseReleased e when Leases.ContainsKey(e.Lease) => this with
        {
            Leases = Leases.Remove(e.Lease),
            Counters = Counters with { Abandoned = Counters.Abandoned + 1 },
        },
        AccountChange.TimePassed e => WithoutLostLeases(e.At),
        AccountChange.QuotaObserved e => QuotaRules.Observe(this, e),
        AccountChange.Defined e => UsageRules.Defined(this, TokenRules.Apply(this, e), e.At, e.Jitter),
        AccountChange.RefreshBegan e => this with { Refresh = Refresh.Began(e.At, Token?.Fingerprint) },
        AccountChange.RefreshEnded e => TokenRules.Apply(this, e),
        AccountChange.Ordered e => OrderRules.Apply(this, e),
        AccountChange.UsageAsked e => this with { Usage = Usage.Began(e.At) },
        AccountChange.UsageAnswered e => UsageRules.Answered(this, e),
        AccountChange.Retired => this with { IsRetiring = true },
        AccountChange.RestartBegan => this with { IsRestarting = true, Counters = Counters with { Restarts = Counters.Restarts + 1 } },
        AccountChange.RestartEnded => this with { IsRestarting = false },
        _ => this,
    };

    /// <summary>What the router is told.</summary>
    public AccountSnapshot ToSnapshot(DateTimeOffset now) => AccountSnapshots.Of(this, now);

    /// <summary>The lease that a grant amounts to.</summary>
    public Lease ToLease(LeaseId id, AccountCommands.Acquire acquire, string upstreamModel) => new()
    {
        Id = id,
        Ticket = acquire.Ticket,
        Account = Profile.Id,
        Label = Profile.Label,
        Provider = Profile.Provider,
        Kind = Profile.Kind,
        BaseUrl = Profile.BaseUrl,
        RoutedModel = acquire.Model,
        UpstreamModel = upstreamModel,
        Alias = LeasedAlias.Of(Profile.Models.Find(acquire.Model), upstreamModel),
        IsOAuth = Profile.IsOAuth,
        Token = Token!.Access,
        Generation = Token.Generation,
        ChatGptAccountId = Profile.ChatGptAccountId,
        Headers = Profile.Headers,
        ProxyUrl = Profile.Route.Proxy,
        NoProxy = Profile.Route.NoProxy,
        SystemPreamble = Profile.SystemPreamble,
        ErrorRules = Profile.Retry.ErrorRules,
        Purpose = acquire.Purpose,
    };

    /// <summary>The renewal of its token.</summary>
    public RenewalRequest ToRenewal(DateTimeOffset now, bool saveOnly) => new()
    {
        AccountId = Profile.Id.Value,
        FileName = Profile.FileName!,
        Known = Token!.Pair!,
        KnownExpires = Token.Expires,
        Superseded = Token.Superseded,
        Endpoint = Profile.TokenEndpoint!,
        Route = Profile.Route,
        IsUrgent = !Token.IsUsable(now),
        IsLinked = Profile.IsLinked,
        SaveOnly = saveOnly,
    };

    internal AccountState Count(Func<AccountCounters, AccountCounters> counted) => this with { Counters = counted(Counters) };

    private bool CanRefresh => Profile is { TokenEndpoint: not null, Broken: null } && (Token?.Pair?.Refresh is not null || (Profile.IsLinked && Token is not null)) && Refresh.Phase != RefreshPhase.Refused;

    // What no time ends: retiring, restarting, broken, paused, login needed.
    internal Ineligibility? Standing(DateTimeOffset now) =>
        IsRetiring ? new Ineligibility(IneligibilityKind.Paused, null, BeingRemoved)
        : IsRestarting ? new Ineligibility(IneligibilityKind.Restarting, null, "is being restarted")
        : Profile.Broken is { } broken ? new Ineligibility(IneligibilityKind.Broken, null, broken)
        : Profile.IsPaused || PausedSince is not null ? new Ineligibility(IneligibilityKind.Paused, null, "is paused by its owner")
        : Token is null ? new Ineligibility(IneligibilityKind.LoginNeeded, null, "has no token")
        : !Token.IsUsable(now) && Refresh.Phase != RefreshPhase.Running && !CanRefresh ? new Ineligibility(IneligibilityKind.LoginNeeded, null, Refresh.Reason ?? "its token has ended and can't be refreshed")
        : Profile.IsLinked && !Token.IsUsable(now) && Refresh.Reason is { } why ? new Ineligibility(IneligibilityKind.LoginNeeded, null, why)
        : null;

    // What a refresh will end.
    internal Ineligibility? TokenBlock(DateTimeOffset now) =>
        Token is null || Token.IsUsable(now) ? null
        : Refresh.Phase == RefreshPhase.Running ? new Ineligibility(IneligibilityKind.Refreshing, null, "its token is being refreshed")
        : Refresh.BacksOff(now) ? new Ineligibility(IneligibilityKind.Failing, Refresh.NextTry, $"its token can't be refreshed now: {Refresh.Reason}")
        : null;

    private bool MayProbe(string upstream, DateTimeOffset now)
    {
        var blocking = Cooldowns.ForAccount(now) ?? Cooldowns.ForModel(upstream, now);
        return Standing(now) is null && !UsageRules.CanTell(this, now) && blocking is { Cause: CooldownCause.Quota } && now - blocking.Since >= ProbeAfter && !(now - LastProbe < ProbeAfter);
    }

    private AccountState WithoutLostLeases(DateTimeOffset now)
    {
        var lost = Leases.Values.Where(l => l.ExpiresAt + LeaseGrace <= now).Select(l => l.Id).ToList();
        return lost.Count == 0 ? this : this with { Leases = Leases.RemoveRange(lost), Counters = Counters with { Bugs = Counters.Bugs + lost.Count } };
    }
}
