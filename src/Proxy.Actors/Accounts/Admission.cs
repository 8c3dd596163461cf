namespace Proxy.Actors.Accounts;

/// <summary>
/// How many requests at once an account takes: its concurrency cap, and its <see cref="Ramp"/> while it is cold. Token
/// counts are free of both. Pure; an account without a cap and a ramp pays two comparisons.
/// </summary>
internal static class Admission
{
    /// <summary>Why there is no room; null when there is.</summary>
    /// <param name="state">The account.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="isFailover">The ramp holds for it.</param>
    /// <param name="now">The time.</param>
    public static Ineligibility? WhyNot(AccountState state, Purpose purpose, bool isFailover, DateTimeOffset now) =>
        purpose == Purpose.CountTokens ? null : AtCap(state) ?? (isFailover ? AtRamp(state, now) : null);

    /// <summary>True when a grant may use up the last room: the router must know.</summary>
    public static bool MayFill(AccountState state) => state.Profile.MaxConcurrent > 0 || state.Ramp is not null;

    /// <summary>Busy, when as many requests run as its owner allows.</summary>
    public static Ineligibility? AtCap(AccountState state) =>
        state.Profile.MaxConcurrent is > 0 and var cap && state.Leases.Count >= cap && Running(state, DateTimeOffset.MinValue) >= cap
            ? new Ineligibility(IneligibilityKind.Busy, null, cap == 1 ? "serves its one request at a time" : $"serves its {cap} requests at a time")
            : null;

    /// <summary>Busy, when its ramp is full.</summary>
    public static Ineligibility? AtRamp(AccountState state, DateTimeOffset now) =>
        state.Ramp is { } ramp && ramp.Holds(now) && state.Leases.Count >= ramp.Limit && Running(state, ramp.Since) >= ramp.Limit
            ? new Ineligibility(IneligibilityKind.Busy, ramp.Until, "has not served for a while and takes over with a few requests first")
            : null;

    /// <summary>How many more leases cap and ramp leave; null when nothing limits them.</summary>
    public static int? Room(AccountState state, DateTimeOffset now)
    {
        int? capped = state.Profile.MaxConcurrent is > 0 and var cap ? cap - Running(state, DateTimeOffset.MinValue) : null;
        int? ramped = state.Ramp is { } ramp && ramp.Holds(now) ? ramp.Limit - Running(state, ramp.Since) : null;
        return (capped < ramped ? capped : ramped ?? capped) is { } room ? Math.Max(room, 0) : null;
    }

    /// <summary>The ramp after a grant: a cold account begins one.</summary>
    public static Ramp? AfterGrant(AccountState state, LeaseInFlight lease) =>
        lease.Purpose != Purpose.CountTokens && !(lease.GrantedAt - state.LastUsed < Ramp.ColdAfter) ? Ramp.Begin(lease.GrantedAt)
        : state.Ramp is { } ramp && ramp.Holds(lease.GrantedAt) ? ramp
        : null;

    /// <summary>The state without the lease: a success keeps the account warm and raises its ramp.</summary>
    public static AccountState AfterEnd(AccountState state, LeaseInFlight lease, AttemptOutcome outcome, DateTimeOffset now)
    {
        var leases = state.Leases.Remove(lease.Id);
        return outcome is not { Failure: null, Cancelled: false } || lease.Purpose == Purpose.CountTokens
            ? state with { Leases = leases }
            : state with { Leases = leases, LastUsed = now, Ramp = state.Ramp is { } ramp && ramp.Holds(now) ? ramp.Raised() : null };
    }

    private static int Running(AccountState state, DateTimeOffset since)
    {
        var running = 0;
        foreach (var (_, lease) in state.Leases)
        {
            running += lease.Purpose != Purpose.CountTokens && lease.GrantedAt >= since ? 1 : 0;
        }

        return running;
    }
}
