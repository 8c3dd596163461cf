namespace Proxy.Actors.Accounts;

/// <summary>The redacted state of an account, as the debug endpoint shows it. Times are UTC, ages and lengths in seconds.</summary>
public sealed record AccountView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its label.</summary>
    public required string Label { get; init; }

    /// <summary>Its provider.</summary>
    public required string Provider { get; init; }

    /// <summary><c>oauth</c>, <c>linked</c> (another program's login) or <c>api-key</c>.</summary>
    public required string Credential { get; init; }

    /// <summary>In words: <c>ready</c>, or why not.</summary>
    public required string State { get; init; }

    /// <summary>Until when, if that is known.</summary>
    public DateTimeOffset? StateUntil { get; init; }

    /// <summary>Who paused it; null when it is not paused.</summary>
    public string? PausedBy { get; init; }

    /// <summary>The plan that the provider names.</summary>
    public string? Plan { get; init; }

    /// <summary>Higher is served first.</summary>
    public int Priority { get; init; }

    /// <summary>Its token, without the token.</summary>
    public TokenView? Token { get; init; }

    /// <summary>Quota windows.</summary>
    public IReadOnlyList<WindowView> Windows { get; init; } = [];

    /// <summary>Its usage endpoint, in words; null when nobody asks one.</summary>
    public string? UsageEndpoint { get; init; }

    /// <summary>Cooldowns that still run.</summary>
    public IReadOnlyList<CooldownView> Cooldowns { get; init; } = [];

    /// <summary>Leases in flight.</summary>
    public IReadOnlyList<LeaseView> Leases { get; init; } = [];

    /// <summary>Requests that wait behind a refresh.</summary>
    public int Waiters { get; init; }

    /// <summary>Counters since the process began.</summary>
    public required AccountCounters Counters { get; init; }

    /// <summary>The last failure, whatever became of it.</summary>
    public LastFailure? LastFailure { get; init; }
}

/// <summary>A token, without the token.</summary>
public sealed record TokenView(string Fingerprint, long Generation, DateTimeOffset? Expires, double? ExpiresInSeconds, DateTimeOffset? RefreshDue, string Refresh, DateTimeOffset? LastRefreshed, string? NotSaved);

/// <summary>A quota window. <c>IsOver</c>: it has started anew since it was read, and how much of it is used is not known.</summary>
public sealed record WindowView(string Name, string? Model, double? UsedShare, DateTimeOffset? ResetsAt, bool IsRejected, bool IsOver, double AgeSeconds)
{
    /// <summary>How it was read: <c>Headers</c>, <c>Event</c>, <c>Refusal</c> or <c>UsageEndpoint</c>.</summary>
    public string Source { get; init; } = string.Empty;

    /// <summary>Where it is heading; null when that can't be told.</summary>
    public ForecastView? Forecast { get; init; }
}

/// <summary>A running cooldown.</summary>
public sealed record CooldownView(string? Model, string Cause, DateTimeOffset Since, DateTimeOffset Until, int Level, string Reason);

/// <summary>A lease in flight.</summary>
public sealed record LeaseView(long Lease, long Ticket, string Model, string Purpose, long Generation, double AgeSeconds);

/// <summary>The last failure of an account.</summary>
public sealed record LastFailure(DateTimeOffset At, string Class, int? Status, string? Code, string Message, string Model);

/// <summary>What an account has seen since the process began.</summary>
public sealed record AccountCounters
{
    /// <summary>Leases granted.</summary>
    public long Attempts { get; init; }

    /// <summary>Attempts that went well.</summary>
    public long Successes { get; init; }

    /// <summary>Attempts whose client left, or that were released without an outcome.</summary>
    public long Abandoned { get; init; }

    /// <summary>Failed attempts by class.</summary>
    public IReadOnlyDictionary<string, long> Failures { get; init; } = System.Collections.Immutable.ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Refreshes that gave a new pair.</summary>
    public long Refreshes { get; init; }

    /// <summary>Refreshes that did not.</summary>
    public long FailedRefreshes { get; init; }

    /// <summary>Leases that outlived their request: a bug of ours each.</summary>
    public long Bugs { get; init; }

    /// <summary>Restarts of the actor.</summary>
    public long Restarts { get; init; }
}
