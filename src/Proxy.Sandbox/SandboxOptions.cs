namespace Proxy.Sandbox;

/// <summary>How a sandbox is started.</summary>
public sealed record SandboxOptions
{
    /// <summary>Claude subscriptions, named claude-1, claude-2, …</summary>
    public int ClaudeAccounts { get; init; } = 2;

    /// <summary>ChatGPT subscriptions, named codex-1, codex-2, …</summary>
    public int ChatGptAccounts { get; init; } = 2;

    /// <summary>Open the HTTPS port with a certificate made at start.</summary>
    public bool Tls { get; init; }

    /// <summary>ChatGPT: <c>response.completed</c> carries an empty output, as the real one may.</summary>
    public bool EmptyCompletedOutput { get; init; }

    /// <summary>How long access tokens are good.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(8);

    /// <summary>How far one served request moves an account's five-hour window (the weekly one: a fifth of it). 0: unlimited.</summary>
    public double SharePerRequest { get; init; } = 0.001;

    /// <summary>Requests kept in the log; load runs set 0.</summary>
    public int KeepRequests { get; init; } = 10_000;

    /// <summary>Bytes of bodies kept in the log.</summary>
    public long KeepBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Each event is at the socket before the next is written, so that cuts and stalls are exact. Load runs switch it off.</summary>
    public bool WaitsForSocket { get; init; } = true;
}
