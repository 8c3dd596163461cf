namespace Proxy.Actors.Configuration;

/// <summary>Choice, retries and waiting (docs/architecture.md, "Choosing an account").</summary>
public sealed record RoutingOptions
{
    /// <summary><c>request-retry</c>: extra rounds; 0 still rotates over the accounts.</summary>
    public int RequestRetry { get; init; } = 3;

    /// <summary><c>max-retry-interval</c>: longest pause before another try, and longest wait for an account to become eligible; zero = never wait.</summary>
    public TimeSpan MaxRetryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>max-retry-credentials</c>: accounts that one request may try; 0 = all.</summary>
    public int MaxRetryCredentials { get; init; }

    /// <summary><c>disable-cooling</c>: no failure puts an account aside.</summary>
    public bool DisableCooling { get; init; }

    /// <summary><c>transient-error-cooldown-seconds</c>: 0 = <see cref="ShortCooldown"/>, doubling; -1 = none; else always so long.</summary>
    public int TransientErrorCooldownSeconds { get; init; }

    /// <summary><c>routing.strategy</c>: one of <see cref="StrategyNames"/>.</summary>
    public string Strategy { get; init; } = StrategyNames.RoundRobin;

    /// <summary><c>routing.max-concurrent</c>: requests at once per account, unless its file or entry says otherwise; 0 = unlimited.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>
    /// <c>routing.pressure-limit</c>, in percent: an account that has used more of its 5 h or weekly window gets new
    /// conversations only when no other is below; 0 = off. Conversations that it has stay.
    /// </summary>
    public int PressureLimit { get; init; }

    /// <summary><c>routing.session-affinity</c>.</summary>
    public bool SessionAffinity { get; init; } = true;

    /// <summary><c>routing.session-affinity-ttl</c>, sliding.</summary>
    public TimeSpan SessionAffinityTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>quota-exceeded.switch-project</c>: a session whose account is out of quota moves to another one.</summary>
    public bool SwitchAccounts { get; init; } = true;

    /// <summary><c>quota-exceeded.switch-preview-model</c>: <see cref="ProxyConfiguration.ModelFallbacks"/> are used.</summary>
    public bool SwitchModels { get; init; } = true;

    /// <summary>Session bindings kept, least recently used first out.</summary>
    public int MaxBindings { get; init; } = 10_000;

    /// <summary>Tickets that may wait at once; also waiters per account behind a refresh.</summary>
    public int MaxParked { get; init; } = 2000;

    /// <summary>Longest wait for a first attempt.</summary>
    public TimeSpan FirstAttemptWait { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Longest life of a whole request.</summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Most attempts of one request; the lower of this and accounts + <see cref="RequestRetry"/> counts.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>Longest wait for the account that a session is bound to.</summary>
    public TimeSpan StickyWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First short cooldown; doubles up to <see cref="ShortCooldownMax"/>.</summary>
    public TimeSpan ShortCooldown { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest short cooldown.</summary>
    public TimeSpan ShortCooldownMax { get; init; } = TimeSpan.FromSeconds(60);
}
