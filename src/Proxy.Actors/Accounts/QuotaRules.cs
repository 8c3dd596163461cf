using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>
/// What a quota reading does to an account (docs/accounts.md, "Quota"). Pure. A reading never blocks: only a refusal
/// does (<see cref="FailureRules"/>). What a reading can do is end a block, or correct its end.
/// </summary>
public static class QuotaRules
{
    /// <summary>The state after a reading.</summary>
    public static AccountState Observe(AccountState state, AccountChange.QuotaObserved e)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(e);
        var now = e.At ?? e.Reading.ObservedAt;
        var read = state with { Quota = (e.At is null ? state.Quota : state.Quota.WithoutFuture(now)).With(e.Reading) };
        foreach (var cooldown in state.Cooldowns.All)
        {
            if (cooldown.Cause == CooldownCause.Quota && cooldown.Holds(now) && IsEvidence(state, cooldown, e))
            {
                read = read with { Cooldowns = Judged(read, cooldown, e.Reading, now) };
            }
        }

        return read;
    }

    /// <summary>
    /// True when the reading is younger than the refusal that began the cooldown: the usage endpoint was asked after it, or
    /// the answer belongs to a lease that was granted after it. Headers of older leases may have been overtaken by it.
    /// </summary>
    private static bool IsEvidence(AccountState state, Cooldown cooldown, AccountChange.QuotaObserved e) =>
        e.Reading.Source == QuotaSource.UsageEndpoint ? e.Reading.ObservedAt > cooldown.Since
        : e.Lease is { } id && state.Leases.TryGetValue(id, out var lease) && lease.CooldownSequence >= cooldown.Sequence;

    private static Cooldowns Judged(AccountState state, Cooldown cooldown, QuotaReading reading, DateTimeOffset now)
    {
        var isAsked = reading.Source == QuotaSource.UsageEndpoint;
        var scope = cooldown.Model is null ? null : cooldown.Window?.Model ?? cooldown.Model;
        var room = state.Quota.HasRoom(scope, reading.ObservedAt, now)
            ?? (IsNamedNoMore(scope, reading) ? true : null); // the plan has no such window (any more)
        if (room == true && !(scope is null && reading.IsRefusal))
        {
            return state.Cooldowns.Without(cooldown);
        }

        // Asked, and still refused: the block is as young as the answer, and ends when the provider says now.
        var until = state.Quota.SpentUntil(scope, now) is { } reset ? FailureRules.Believed(reset, now) : cooldown.Until;
        return isAsked && room == false ? state.Cooldowns.Confirmed(cooldown, reading.ObservedAt, until) : state.Cooldowns;
    }

    private static bool IsNamedNoMore(string? scope, QuotaReading reading) =>
        (scope is null ? reading.IsWhole : reading.IsWholeOfModels) && reading.Windows.All(w => w.Model != scope);
}
