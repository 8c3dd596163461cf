using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>What is served now: an immutable picture that the router publishes for those who must not ask it.</summary>
public sealed record RoutingTable(IReadOnlyList<AccountSnapshot> Accounts)
{
    /// <summary>No accounts yet.</summary>
    public static RoutingTable Empty { get; } = new([]);

    /// <summary>True when some account, eligible or not, serves the routed name.</summary>
    public bool Serves(string model) => Accounts.Any(a => a.Models.Serves(model));

    /// <summary>True when some account lists this very name, as its own or as an alias.</summary>
    public bool Lists(string model) => Accounts.Any(a => a.Models.Listed.Contains(model, StringComparer.Ordinal));
}
