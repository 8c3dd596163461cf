using System.Collections.Immutable;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>
/// The account's column of the failure table (docs/architecture.md, "Failures"): what the outcome of an attempt does to
/// an account. Pure. What is not named here hurts no account.
/// </summary>
public static class FailureRules
{
    /// <summary>403, 402: how long.</summary>
    public static readonly TimeSpan Quarantine = TimeSpan.FromMinutes(30);

    /// <summary>A model that the account does not have: how long.</summary>
    public static readonly TimeSpan ModelBlock = TimeSpan.FromHours(12);

    /// <summary>A used-up quota whose reset nobody tells: first wait; doubles up to <see cref="UnknownResetMax"/>.</summary>
    public static readonly TimeSpan UnknownReset = TimeSpan.FromMinutes(5);

    /// <summary>Longest wait for a reset that nobody tells.</summary>
    public static readonly TimeSpan UnknownResetMax = TimeSpan.FromHours(1);

    /// <summary>No reset is believed to be farther away: the longest window is a week (spec/faults.md 20).</summary>
    public static readonly TimeSpan FarthestReset = TimeSpan.FromDays(8);

    // A challenge, and a proxy of its own that fails.
    private static readonly TimeSpan ChallengeFirst = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ChallengeMax = TimeSpan.FromMinutes(10);

    /// <summary>The state after an attempt. The lease is already taken out of it.</summary>
    public static AccountState Apply(AccountState state, LeaseInFlight lease, AttemptOutcome outcome, DateTimeOffset now)
    {
        if (outcome.Failure is not { } failure)
        {
            return outcome.Cancelled ? state.Count(c => c with { Abandoned = c.Abandoned + 1 }) : AfterSuccess(state, lease);
        }

        state = state.Count(c => c with { Failures = Raised(c.Failures, failure.Class) }) with
        {
            LastFailure = new LastFailure(now, failure.Class.ToString(), failure.Status, failure.Code, failure.Message, lease.Model),
        };

        if (failure.Quota is { } reading && lease.Purpose != Purpose.CountTokens)
        {
            state = state with { Quota = state.Quota.WithoutFuture(now).With(reading) };
        }

        // A token count moves no health (design 5.8), except that a 401 tells of the token whoever hears it.
        // What the owner calls the request's fault says nothing of the account.
        return failure.Ruling is FailureRuling.Stop or FailureRuling.Continue ? state
            : lease.Purpose == Purpose.CountTokens && failure.Class != FailureClass.Unauthorized ? state
            : failure is { Class: FailureClass.Unauthorized, Ruling: null } ? AfterUnauthorized(state, lease, failure, now)
            : state with { Cooldowns = After(state, lease, failure, now) };
    }

    private static AccountState AfterSuccess(AccountState state, LeaseInFlight lease)
    {
        state = state.Count(c => c with { Successes = c.Successes + 1 });
        return lease.Purpose == Purpose.CountTokens ? state : state with
        {
            Cooldowns = state.Cooldowns.AfterSuccess(lease.Model, lease.CooldownSequence),
            Token = state.Token is { } token && token.Generation == lease.Generation ? token with { IsAfterRejection = false } : state.Token,
        };
    }

    private static AccountState AfterUnauthorized(AccountState state, LeaseInFlight lease, Failure failure, DateTimeOffset now)
    {
        // A failure of a token that is no longer current changes nothing.
        if (state.Token is not { } token || token.Generation != lease.Generation)
        {
            return state;
        }

        var isFinal = token.Pair is null || token.IsAfterRejection;
        return state with
        {
            Token = token.Pair is null ? token : token with { IsRejected = true },
            Cooldowns = isFinal
                ? state.Cooldowns.Begin(null, CooldownCause.CredentialRefused, now, lease.CooldownSequence, _ => now + Quarantine, token.Pair is null ? "its API key is refused" : "even a fresh token is refused")
                : state.Cooldowns,
        };
    }

    private static Cooldowns After(AccountState state, LeaseInFlight lease, Failure failure, DateTimeOffset now)
    {
        if (state.Profile.Retry.IsCoolingDisabled)
        {
            return state.Cooldowns;
        }

        var model = failure.Scope == FailureScope.AccountModel ? lease.Model : null;
        var pooled = state.Profile.Models.IsPooled(lease.Model) ? lease.Model : null;
        return failure.Class switch
        {
            FailureClass.QuotaExhausted => OutOfQuota(),
            FailureClass.RateLimited => Begin(model, CooldownCause.RateLimit, level => Later(failure.Until, now) ?? now + Doubled(state.Profile.ShortCooldown.First, level, state.Profile.ShortCooldown.Max)),
            FailureClass.Forbidden => Begin(null, CooldownCause.Forbidden, _ => now + Quarantine),
            FailureClass.Challenge => Begin(null, CooldownCause.Challenge, level => now + Doubled(ChallengeFirst, level, ChallengeMax)),
            FailureClass.ModelUnavailable => Begin(lease.Model, CooldownCause.ModelUnavailable, _ => now + ModelBlock),
            FailureClass.Transient => Transient(),
            FailureClass.Network when failure.Network == NetworkFault.ProxyUrl && state.Profile.Retry.HasOwnProxy =>
                Begin(null, CooldownCause.ProxyFails, level => now + Doubled(ChallengeFirst, level, ChallengeMax)),
            _ when failure.Ruling is not null => Transient(),

            // The request's, the provider's or the network's: not the account's.
            FailureClass.Request or FailureClass.IdentityRefused or FailureClass.ForeignReasoning or FailureClass.Throttled
                or FailureClass.Overloaded or FailureClass.Network or FailureClass.Truncated => state.Cooldowns,
            _ => state.Cooldowns,
        };

        // Models share their windows by family; the refused window says nothing of that, the refused model does.
        Cooldowns OutOfQuota()
        {
            var family = model is null ? null : ModelFamily.Of(model);
            var rejected = failure.Quota?.Windows.Where(w => w.IsRejected && (w.Model is null) == (model is null)).MaxBy(w => w.ResetsAt);
            return state.Cooldowns.Begin(
                family, CooldownCause.Quota, now, lease.CooldownSequence, level => QuotaReset(state, failure, model, level, now), Words(failure),
                isFamily: family is not null, rejected is null ? null : new CooldownWindow(rejected.Name, rejected.Model));
        }

        // Of a pool of models one fails alone: the others go on.
        Cooldowns Transient() => state.Profile.Retry.TransientCooldown is not { } told
            ? Begin(pooled, CooldownCause.Transient, level => now + Doubled(state.Profile.ShortCooldown.First, level, state.Profile.ShortCooldown.Max))
            : told > TimeSpan.Zero ? Begin(pooled, CooldownCause.Transient, _ => now + told)
            : state.Cooldowns;

        Cooldowns Begin(string? forModel, CooldownCause cause, Func<int, DateTimeOffset> until) =>
            state.Cooldowns.Begin(forModel, cause, now, lease.CooldownSequence, until, Words(failure));
    }

    private static DateTimeOffset QuotaReset(AccountState state, Failure failure, string? model, int level, DateTimeOffset now) =>
        Later(failure.Until, now) ?? Later(state.Quota.RejectedUntil(wholeAccount: model is null, now), now) ?? now + Doubled(UnknownReset, level, UnknownResetMax);

    /// <summary>A reset as far as it is believed.</summary>
    internal static DateTimeOffset Believed(DateTimeOffset reset, DateTimeOffset now) => reset - now > FarthestReset ? now + FarthestReset : reset;

    // Past and absent times say nothing; far ones are cut.
    private static DateTimeOffset? Later(DateTimeOffset? until, DateTimeOffset now) =>
        until is not { } at || at <= now ? null : Believed(at, now);

    private static TimeSpan Doubled(TimeSpan first, int level, TimeSpan max)
    {
        var wait = first * Math.Pow(2, Math.Min(level, 20));
        return wait > max ? max : wait;
    }

    private static string Words(Failure failure) =>
        failure.Class switch
        {
            FailureClass.QuotaExhausted => "its quota is used up",
            FailureClass.RateLimited => "is rate limited",
            FailureClass.Forbidden => "the provider forbids it",
            FailureClass.Challenge => "the provider asks for a browser challenge",
            FailureClass.ModelUnavailable => "does not have this model",
            FailureClass.Network => "its proxy-url can't be used",
            _ => "the provider failed",
        } + (failure.Status is { } status ? $" ({status}{(failure.Code is { } code ? " " + code : string.Empty)})" : string.Empty);

    private static ImmutableSortedDictionary<string, long> Raised(IReadOnlyDictionary<string, long> counts, FailureClass @class)
    {
        var all = (ImmutableSortedDictionary<string, long>)counts;
        return all.SetItem(@class.ToString(), all.GetValueOrDefault(@class.ToString()) + 1);
    }
}
