namespace Proxy.Actors.Accounts;

/// <summary>Where an account is with its refresh.</summary>
public enum RefreshPhase
{
    /// <summary>Nothing runs.</summary>
    Idle,

    /// <summary>One runs.</summary>
    Running,

    /// <summary>One failed for the moment; the next is due at <see cref="RefreshStatus.NextTry"/>.</summary>
    BackingOff,

    /// <summary>The provider refused it: a person must log in.</summary>
    Refused,
}

/// <summary>The refresh of an account. Immutable.</summary>
public sealed record RefreshStatus
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortestBackOff = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(5);

    /// <summary>Nothing has happened.</summary>
    public static RefreshStatus Idle { get; } = new();

    /// <summary>The phase.</summary>
    public RefreshPhase Phase { get; init; }

    /// <summary>When the running one began.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Fingerprint of the pair that the running one is about; null while none runs.</summary>
    public string? Of { get; init; }

    /// <summary>When the next try is due while backing off.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last one failed; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>When the last one gave a pair.</summary>
    public DateTimeOffset? LastRefreshed { get; init; }

    /// <summary>One began.</summary>
    public RefreshStatus Began(DateTimeOffset at, string? of) => this with { Phase = RefreshPhase.Running, Since = at, Of = of };

    /// <summary>It gave a pair.</summary>
    public RefreshStatus Succeeded(DateTimeOffset at) => new() { LastRefreshed = at };

    /// <summary>It was refused for good.</summary>
    public RefreshStatus WasRefused(string reason) => this with { Phase = RefreshPhase.Refused, Since = null, Of = null, NextTry = null, Failures = Failures + 1, Reason = reason };

    /// <summary>
    /// It failed for the moment: next after 10 s·2ⁿ up to 5 min, or when the endpoint says, within 5 s and 5 min
    /// (spec/accounts.md 2.3).
    /// </summary>
    public RefreshStatus FailedForNow(DateTimeOffset at, string reason, TimeSpan? retryAfter)
    {
        var wait = retryAfter ?? FirstBackOff * Math.Pow(2, Math.Min(Failures, 10));
        wait = wait < ShortestBackOff ? ShortestBackOff : wait > LongestBackOff ? LongestBackOff : wait;
        return this with { Phase = RefreshPhase.BackingOff, Since = null, Of = null, NextTry = at + wait, Failures = Failures + 1, Reason = reason };
    }

    /// <summary>True while a failed refresh is not to be tried again. A wait longer than any was armed before the clock was set back.</summary>
    public bool BacksOff(DateTimeOffset now) => Phase == RefreshPhase.BackingOff && NextTry > now && NextTry - now <= LongestBackOff;

    /// <summary>True when the last refresh is too young for another.</summary>
    public bool IsFresh(DateTimeOffset now) => LastRefreshed is { } last && last <= now && now - last < RefreshSchedule.Spacing;

    /// <summary>In words.</summary>
    public string InWords(DateTimeOffset now) => Phase switch
    {
        RefreshPhase.Running => $"running for {(now - Since)?.TotalSeconds ?? 0:0} s",
        RefreshPhase.BackingOff => $"failed {Failures}×, next try at {NextTry:HH:mm:ss}: {Reason}",
        RefreshPhase.Refused => $"refused: {Reason}",
        _ => "idle",
    };
}
