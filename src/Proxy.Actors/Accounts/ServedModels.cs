namespace Proxy.Actors.Accounts;

/// <summary>Which model names an account answers to, and what they are called upstream. Immutable.</summary>
public abstract record ServedModels
{
    /// <summary>True when <paramref name="model"/> (routed name, prefix still on) is served.</summary>
    public bool Serves(string model) => UpstreamName(model) is not null;

    /// <summary>The name to send upstream; null when it is not served.</summary>
    public abstract string? UpstreamName(string model);

    /// <summary>The names to show in model lists.</summary>
    public abstract IReadOnlyList<string> Listed { get; }

    /// <summary>The routed names (prefix and aliases) that mean <paramref name="upstream"/>: what a block of that model blocks.</summary>
    public virtual IEnumerable<string> RoutedNames(string upstream) => [upstream];
}
