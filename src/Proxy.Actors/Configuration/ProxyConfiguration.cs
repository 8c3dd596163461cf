using Proxy.Protocol.Models;
using Proxy.Protocol.Payloads;

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
        DeviceUrl = new Uri("https://auth.openai.com/api/accounts/deviceauth"),
        ClientId = "app_EMoamEEZ73f0CkXaXp7hrann",
    };

    /// <summary><c>claude-api-key[]</c>, <c>codex-api-key[]</c> and <c>openai-compatibility[]</c>, one entry per credential.</summary>
    public IReadOnlyList<ApiKeyAccount> ApiKeyAccounts { get; init; } = [];

    /// <summary>Choice, retries and waiting.</summary>
    public RoutingOptions Routing { get; init; } = new();

    /// <summary>The usage ledger.</summary>
    public LedgerOptions Ledger { get; init; } = new();

    /// <summary>How quota is learned.</summary>
    public QuotaOptions Quota { get; init; } = new();

    /// <summary>Deadlines and limits of the relay.</summary>
    public RelayOptions Relay { get; init; } = new();

    /// <summary><c>force-model-prefix</c>: accounts with a prefix serve only prefixed names.</summary>
    public bool ForceModelPrefix { get; init; }

    /// <summary><c>oauth-excluded-models</c>: provider to wildcards.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ExcludedModels { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);

    /// <summary><c>oauth-model-alias</c>: provider to aliases, for all of its logins.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<ModelAlias>> ModelAliases { get; init; } = new Dictionary<string, IReadOnlyList<ModelAlias>>(StringComparer.OrdinalIgnoreCase);

    /// <summary><c>models</c>: the catalogue with the owner's additions; null = the one that ships with the program.</summary>
    public ModelCatalogue? Catalogue { get; init; }

    /// <summary>The models that are known.</summary>
    public ModelCatalogue KnownModels => Catalogue ?? ModelCatalogue.Default;

    /// <summary><c>retired-models: redirect</c>: a request for a retired model goes to its successor.</summary>
    public bool RedirectRetiredModels { get; init; }

    /// <summary><c>payload</c>: changes of upstream bodies that the owner wants.</summary>
    public PayloadRules Payload { get; init; } = PayloadRules.None;

    /// <summary><c>model-fallbacks</c>: what to go on with when a model is out of quota; the first that fits counts.</summary>
    public IReadOnlyList<ModelFallback> ModelFallbacks { get; init; } = [];

    /// <summary>Free of keys and of the proxy's password.</summary>
    public override string ToString() => $"ProxyConfiguration {{ {Version} }}";
}
