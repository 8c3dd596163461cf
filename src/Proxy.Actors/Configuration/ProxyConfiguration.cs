namespace Proxy.Actors.Configuration;

/// <summary>
/// The whole configuration: immutable, with a version. Defaults live here and nowhere else. A ticket keeps the one it
/// began with. Keys in XML docs are those of <c>config.yaml</c>.
/// </summary>
public sealed record ProxyConfiguration
{
    /// <summary>Rises with each accepted reload.</summary>
    public long Version { get; init; } = 1;

    /// <summary>Listening and doors.</summary>
    public ServerOptions Server { get; init; } = new();

    /// <summary><c>auth-dir</c>: one JSON file per account. Absolute. Default <c>~/.cli-proxy-api</c>.</summary>
    public string AuthDirectory { get; init; } = string.Empty;

    /// <summary><c>state-dir</c>: absolute. Default <c>$XDG_STATE_HOME/cliproxyactors</c> or the system's equivalent.</summary>
    public string StateDirectory { get; init; } = string.Empty;

    /// <summary><c>proxy-url</c>: outbound proxy for all accounts without one of their own; null = the environment's.</summary>
    public Uri? ProxyUrl { get; init; }

    /// <summary><c>debug</c>: verbose log.</summary>
    public bool Debug { get; init; }

    /// <summary><c>providers.claude</c>.</summary>
    public ProviderEndpoints Claude { get; init; } = new()
    {
        BaseUrl = new Uri("https://api.anthropic.com"),
        TokenUrl = new Uri("https://platform.claude.com/v1/oauth/token"),
        AuthorizeUrl = new Uri("https://claude.ai/oauth/authorize"),
        ProfileUrl = new Uri("https://api.anthropic.com/api/oauth/profile"),
        ClientId = "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    };

    /// <summary><c>providers.codex</c>.</summary>
    public ProviderEndpoints Codex { get; init; } = new()
    {
        BaseUrl = new Uri("https://chatgpt.com/backend-api/codex"),
        TokenUrl = new Uri("https://auth.openai.com/oauth/token"),
        AuthorizeUrl = new Uri("https://auth.openai.com/oauth/authorize"),
        ClientId = "app_EMoamEEZ73f0CkXaXp7hrann",
    };

    /// <summary><c>claude-api-key[]</c>, <c>codex-api-key[]</c> and <c>openai-compatibility[]</c>, one entry per credential.</summary>
    public IReadOnlyList<ApiKeyAccount> ApiKeyAccounts { get; init; } = [];

    /// <summary>Choice, retries and waiting.</summary>
    public RoutingOptions Routing { get; init; } = new();

    /// <summary>Deadlines and limits of the relay.</summary>
    public RelayOptions Relay { get; init; } = new();

    /// <summary><c>force-model-prefix</c>: accounts with a prefix serve only prefixed names.</summary>
    public bool ForceModelPrefix { get; init; }

    /// <summary><c>oauth-excluded-models</c>: provider to wildcards.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ExcludedModels { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Free of keys and of the proxy's password.</summary>
    public override string ToString() => $"ProxyConfiguration {{ {Version} }}";
}

/// <summary>Listening and doors (docs/architecture.md, "Doors").</summary>
public sealed record ServerOptions
{
    /// <summary><c>host</c>: empty or <c>localhost</c> binds 127.0.0.1 and ::1.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary><c>port</c>.</summary>
    public int Port { get; init; } = 8317;

    /// <summary><c>api-keys</c>: keys of clients; empty on loopback = any key is accepted.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary><c>allowed-hosts</c>: Host names accepted beside loopback and the bound address.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Largest request body in bytes, also after decompression.</summary>
    public long MaxRequestBody { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of request bodies held at once in the whole process.</summary>
    public long BodyBudget { get; init; } = 512L * 1024 * 1024;

    /// <summary>Requests at once at the door.</summary>
    public int MaxConcurrentRequests { get; init; } = 2000;

    /// <summary>Client connections at once.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Time for a client to send its headers.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>Addresses of one OAuth provider.</summary>
public sealed record ProviderEndpoints
{
    /// <summary><c>base-url</c> of the API.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary><c>token-url</c>.</summary>
    public required Uri TokenUrl { get; init; }

    /// <summary><c>authorize-url</c>.</summary>
    public Uri? AuthorizeUrl { get; init; }

    /// <summary><c>profile-url</c>.</summary>
    public Uri? ProfileUrl { get; init; }

    /// <summary>The provider's public client id of its command-line login.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>system-preamble</c>: put in front of the system text; empty by default.</summary>
    public string SystemPreamble { get; init; } = string.Empty;
}

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

    /// <summary>Where in the configuration it stands, for its AccountId: stable while kind, key and base URL are.</summary>
    public required string EntryKey { get; init; }

    /// <summary>Free of the key, of header values and of the proxy's password.</summary>
    public override string ToString() => $"ApiKeyAccount {{ {EntryKey} }}";
}

/// <summary>A model of an API-key entry.</summary>
public sealed record ModelAlias(string Name, string Alias);

/// <summary>Choice, retries and waiting (docs/architecture.md, "Choosing an account").</summary>
public sealed record RoutingOptions
{
    /// <summary><c>request-retry</c>: extra rounds; 0 still rotates over the accounts.</summary>
    public int RequestRetry { get; init; } = 3;

    /// <summary><c>max-retry-interval</c>: longest wait for an account to become eligible.</summary>
    public TimeSpan MaxRetryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>routing.strategy</c>: only <c>round-robin</c> for now.</summary>
    public string Strategy { get; init; } = "round-robin";

    /// <summary><c>routing.session-affinity</c>.</summary>
    public bool SessionAffinity { get; init; } = true;

    /// <summary><c>routing.session-affinity-ttl</c>, sliding.</summary>
    public TimeSpan SessionAffinityTtl { get; init; } = TimeSpan.FromHours(1);

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

/// <summary>Deadlines and limits of the relay (docs/architecture.md, "Commit gate and watchdog").</summary>
public sealed record RelayOptions
{
    /// <summary>Connection to an upstream.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Response headers of a streamed call.</summary>
    public TimeSpan StreamHeaders { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Response headers of a single-JSON call.</summary>
    public TimeSpan SingleHeaders { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>From headers to first content.</summary>
    public TimeSpan FirstContent { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Between two reads after commit.</summary>
    public TimeSpan Gap { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Silence after which headers and keep-alives go out; also their period.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A write to the client that does not move for this long ends the request.</summary>
    public TimeSpan WriteStall { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Frames held back before the stream commits anyway.</summary>
    public int HeldFrames { get; init; } = 16;

    /// <summary>Bytes held back before the stream commits anyway.</summary>
    public int HeldBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest single JSON answer in bytes, also after decompression.</summary>
    public int MaxSingleAnswer { get; init; } = 64 * 1024 * 1024;
}
