namespace Proxy.Actors.Accounts;

/// <summary>Which model names an account answers to, and what they are called upstream. Immutable.</summary>
public abstract record ServedModels
{
    /// <summary>True when <paramref name="model"/> (routed name, prefix still on) is served.</summary>
    public bool Serves(string model) => Find(model) is not null;

    /// <summary>What <paramref name="model"/> (routed name, prefix still on) is upstream; null when it is not served.</summary>
    public abstract ServedModel? Find(string model);

    /// <summary>The name to send upstream, the first of a pool; null when it is not served.</summary>
    public string? UpstreamName(string model) => Find(model)?.Upstreams[0].Name;

    /// <summary>The names to show in model lists.</summary>
    public abstract IReadOnlyList<string> Listed { get; }

    /// <summary>The routed names (prefix and aliases) that may mean <paramref name="upstream"/>: what a block of that model may block.</summary>
    public virtual IEnumerable<string> RoutedNames(string upstream) => [upstream];

    /// <summary>True when <paramref name="upstream"/> is one of several behind an alias: another can do its work.</summary>
    public virtual bool IsPooled(string upstream) => false;
}
