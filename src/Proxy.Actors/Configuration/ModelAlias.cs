namespace Proxy.Actors.Configuration;

/// <summary>
/// What clients ask for (<paramref name="Alias"/>) and what goes upstream (<paramref name="Name"/>). The same alias more
/// than once is a pool: its names are used in turn, and for one another when one fails.
/// </summary>
/// <param name="Name">The upstream's name; may end in an effort or a budget: <c>name(high)</c>.</param>
/// <param name="Alias">The name that clients use.</param>
public sealed record ModelAlias(string Name, string Alias)
{
    /// <summary><c>fork</c>: the name itself stays listed beside the alias.</summary>
    public bool Fork { get; init; }

    /// <summary><c>display-name</c>: shown in model lists; null for the catalogue's.</summary>
    public string? DisplayName { get; init; }

    /// <summary><c>force-mapping</c>: answers carry the name that the client asked for.</summary>
    public bool ForceMapping { get; init; }
}
