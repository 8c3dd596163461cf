namespace Proxy.Actors.Configuration;

/// <summary>How quota is learned (docs/accounts.md, "Quota").</summary>
public sealed record QuotaOptions
{
    /// <summary><c>quota.poll</c>: ask usage endpoints also for accounts of which nothing (or, where choice goes by it, nothing new) is known. Accounts that are blocked are asked about in any case.</summary>
    public bool Poll { get; init; } = true;
}
