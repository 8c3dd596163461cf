namespace Proxy.Actors.Configuration;

/// <summary>One API-key credential of the configuration.</summary>
public sealed record ApiKeyAccount
{
    /// <summary><c>claude</c>, <c>codex</c> or the name of the compatible upstream.</summary>
    public required string Provider { get; init; }

    /// <summary>The kind of upstream.</summary>
    public required Protocol.Dialects.UpstreamKind Kind { get; init; }

    /// <summary>The key; empty for an upstream without one. Secret.</summary>
    public required string ApiKey { get; init; }

    /// <summary><c>base-url</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary><c>prefix</c>: served as <c>prefix/model</c> too; null without one.</summary>
    public string? Prefix { get; init; }

    /// <summary><c>proxy-url</c>; null = the global one.</summary>
    public Uri? ProxyUrl { get; init; }

    /// <summary><c>proxy-url: direct</c> or <c>none</c>: no proxy at all.</summary>
    public bool NoProxy { get; init; }

    /// <summary><c>headers</c>: sent with every upstream call. May hold secrets.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary><c>models</c>: alias (what clients ask) to name (what goes upstream). Empty = all models of the kind.</summary>
    public IReadOnlyList<ModelAlias> Models { get; init; } = [];

    /// <summary><c>excluded-models</c>: wildcards.</summary>
    public IReadOnlyList<string> ExcludedModels { get; init; } = [];

    /// <summary><c>priority</c>: higher is served first.</summary>
    public int Priority { get; init; }

    /// <summary><c>weight</c>: its share of turns under <c>weighted-round-robin</c>; 0 and less: no new conversations.</summary>
    public int Weight { get; init; } = 1;

    /// <summary><c>max-concurrent</c>: requests at once, 0 = unlimited; null = <see cref="RoutingOptions.MaxConcurrent"/>.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary><c>request-retry</c>, <c>disable-cooling</c>, <c>request-scoped-errors</c>.</summary>
    public CredentialRetry Retry { get; init; } = CredentialRetry.None;

    /// <summary>Where in the configuration it stands, for its AccountId: stable while kind, key and base URL are.</summary>
    public required string EntryKey { get; init; }

    /// <summary>Where a person finds it in the configuration, such as <c>claude-api-key[0]</c>; empty when it stands in none.</summary>
    public string Place { get; init; } = string.Empty;

    /// <summary>Free of the key, of header values and of the proxy's password.</summary>
    public override string ToString() => $"ApiKeyAccount {{ {EntryKey} }}";
}
