using Proxy.Actors.UsageEndpoints;

namespace Proxy.Actors.Accounts;

/// <summary>
/// When an account's usage endpoint is asked, and what its answer does (docs/accounts.md, "Quota"). Pure. It is asked as
/// the probe of a blocked reading, once in <see cref="AccountState.ProbeAfter"/>; when nothing has been read yet; and,
/// where choice goes by the quota of accounts that rest, when the last reading is over an hour old.
/// </summary>
public static class UsageRules
{
    /// <summary>Without a block it is asked at most so often; a quarter more, by the account's jitter.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromHours(1);

    /// <summary>The first question of an account comes so long after its start.</summary>
    public static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(20);

    /// <summary>Or so much later, by the account's jitter.</summary>
    public static readonly TimeSpan Spread = TimeSpan.FromMinutes(4);

    /// <summary>
    /// True when the endpoint can tell, now or at once: then it is the probe, and no client's request has to be. False
    /// when there is none, it was given up, it failed and rests, or there is no token to ask with.
    /// </summary>
    public static bool CanTell(AccountState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Profile.Usage is not null && state.Usage is { IsOff: false } usage && !usage.BacksOff(now)
            && state.Standing(now) is null && state.Token is { Pair: not null } token && token.IsUsable(now);
    }

    /// <summary>True when it should be asked now.</summary>
    public static bool ShouldAsk(AccountState state, DateTimeOffset now) => CanTell(state, now) && !state.Usage.IsRunning(now) && DueAt(state, now) <= now;

    /// <summary>When time alone changes something next; null for never.</summary>
    public static DateTimeOffset? NextWake(AccountState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Profile.Usage is null || state.Usage.IsOff ? null
            : state.Usage.IsRunning(now) ? state.Usage.LostAt
            : state.Usage.BacksOff(now) ? state.Usage.NextTry
            : CanTell(state, now) ? DueAt(state, now)
            : null;
    }

    /// <summary>The question.</summary>
    public static UsageQuestion ToQuestion(AccountState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new UsageQuestion(state.Profile.Usage!, state.Token!.Access!.Reveal(), state.Profile.ChatGptAccountId, state.Profile.Route);
    }

    /// <summary>The state after a definition: the spread of a new account, and a new beginning after a reload or a new login.</summary>
    /// <param name="before">The state before; null for a new account.</param>
    /// <param name="state">The state after it, but for this.</param>
    /// <param name="at">When.</param>
    /// <param name="jitter">0..1.</param>
    public static AccountState Defined(AccountState? before, AccountState state, DateTimeOffset at, double jitter)
    {
        ArgumentNullException.ThrowIfNull(state);
        var usage = state.Usage.NotBefore is null ? state.Usage with { NotBefore = at + FirstAfter + (Spread * jitter), Jitter = jitter } : state.Usage;
        var isAnew = before is not null && (before.Profile.Usage != state.Profile.Usage || before.Token?.Generation != state.Token?.Generation);
        return state with { Usage = isAnew ? usage.Anew() : usage };
    }

    /// <summary>The state after an answer.</summary>
    public static AccountState Answered(AccountState state, AccountChange.UsageAnswered e)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(e);
        return e.Answer switch
        {
            UsageAnswer.Told told => QuotaRules.Observe(state with { Usage = state.Usage.Told() }, new AccountChange.QuotaObserved(told.Reading) { At = e.At }),
            UsageAnswer.Unauthorized => Refused(state, e),
            UsageAnswer.Unavailable gone => state with { Usage = state.Usage.GivenUp(gone.Reason) },
            UsageAnswer.Failed failed => state with { Usage = state.Usage.Failed(e.At, failed.Reason, failed.RetryAfter) },
            _ => state,
        };
    }

    // A 401 asks for a refresh like any other, once: a fresh token that is refused there may well serve elsewhere.
    private static AccountState Refused(AccountState state, AccountChange.UsageAnswered e)
    {
        if (state.Token is not { } token || token.Generation != e.Generation)
        {
            return state with { Usage = state.Usage with { RunningSince = null, AskedAt = null } };
        }

        return state.Usage.Refusals > 0 || token.IsAfterRejection
            ? state with { Usage = state.Usage.GivenUp("even a fresh token is refused there") }
            : state with { Usage = state.Usage.WasRefused(), Token = token with { IsRejected = true } };
    }

    private static DateTimeOffset? DueAt(AccountState state, DateTimeOffset now)
    {
        var (usage, endpoint) = (state.Usage, state.Profile.Usage!);
        DateTimeOffset? due = null;
        foreach (var cooldown in state.Cooldowns.All)
        {
            if (cooldown.Cause == CooldownCause.Quota && cooldown.Holds(now))
            {
                var probe = Latest(cooldown.Since, Latest(state.LastProbe, usage.AskedAt)) + AccountState.ProbeAfter;
                due = due < probe ? due : probe;
            }
        }

        var last = state.Quota.LastRead;
        if (last is null ? endpoint.FillsGaps : endpoint.KeepsFresh)
        {
            var seen = last is null && usage.AskedAt is null ? usage.NotBefore : Latest(last, usage.AskedAt) + Rest + (Rest / 4 * usage.Jitter);
            due = due < seen ? due : seen;
        }

        return due is { } at ? Latest(at, usage.NotBefore) : null;
    }

    private static DateTimeOffset? Latest(DateTimeOffset? a, DateTimeOffset? b) => a > b || b is null ? a : b;
}
