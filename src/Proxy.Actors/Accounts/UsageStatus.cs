namespace Proxy.Actors.Accounts;

/// <summary>Where an account is with asking its usage endpoint. Immutable; not remembered over a restart.</summary>
public sealed record UsageStatus
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromHours(6);

    /// <summary>A call that runs longer is lost: its limit is far shorter.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(2);

    /// <summary>Nothing has happened.</summary>
    public static UsageStatus Idle { get; } = new();

    /// <summary>Not before then: accounts that start together are asked about one after the other. Null before the account is known.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>0..1: this account's part in the spread.</summary>
    public double Jitter { get; init; }

    /// <summary>When it was last asked; null for never.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>Since when a call runs; null when none does.</summary>
    public DateTimeOffset? RunningSince { get; init; }

    /// <summary>When the next try is due after a failure.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Tokens refused in a row.</summary>
    public int Refusals { get; init; }

    /// <summary>Why the last call failed; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>It is not asked for this account any more, until a restart, a reload or a new login.</summary>
    public bool IsOff { get; init; }

    /// <summary>True while a call runs.</summary>
    public bool IsRunning(DateTimeOffset now) => RunningSince <= now && now - RunningSince < LongestCall;

    /// <summary>When a running call counts as lost; null when none runs.</summary>
    public DateTimeOffset? LostAt => RunningSince + LongestCall;

    /// <summary>True while a failed call is not to be repeated. A wait longer than any was armed before the clock was set back.</summary>
    public bool BacksOff(DateTimeOffset now) => NextTry > now && NextTry - now <= LongestBackOff;

    /// <summary>A call began.</summary>
    public UsageStatus Began(DateTimeOffset at) => this with { AskedAt = at, RunningSince = at };

    /// <summary>It told.</summary>
    public UsageStatus Told() => this with { RunningSince = null, NextTry = null, Failures = 0, Refusals = 0, Reason = null };

    /// <summary>It failed: next after 5 min·2ⁿ up to 6 h, or later when the endpoint says so, up to as long.</summary>
    public UsageStatus Failed(DateTimeOffset at, string reason, TimeSpan? retryAfter)
    {
        var wait = FirstBackOff * Math.Pow(2, Math.Min(Failures, 10));
        wait = retryAfter > wait ? retryAfter.Value : wait;
        return this with { RunningSince = null, NextTry = at + (wait > LongestBackOff ? LongestBackOff : wait), Failures = Failures + 1, Reason = reason };
    }

    /// <summary>The token was refused: the same may be asked again with the next one.</summary>
    public UsageStatus WasRefused() => this with { RunningSince = null, AskedAt = null, Refusals = Refusals + 1, Reason = "its token is refused there" };

    /// <summary>Not any more.</summary>
    public UsageStatus GivenUp(string reason) => this with { RunningSince = null, NextTry = null, IsOff = true, Reason = reason };

    /// <summary>Begins anew, but asks no sooner than it would have.</summary>
    public UsageStatus Anew() => this with { RunningSince = null, NextTry = null, Failures = 0, Refusals = 0, Reason = null, IsOff = false };

    /// <summary>In words.</summary>
    public string InWords(DateTimeOffset now) =>
        IsOff ? $"not asked any more: {Reason}"
        : IsRunning(now) ? "asking"
        : NextTry is { } next ? $"failed {Failures}×, next try at {next:HH:mm:ss}: {Reason}"
        : Reason is { } reason ? reason
        : AskedAt is null ? "not asked yet"
        : "asked";
}
