using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;

namespace Proxy.Host.Sandboxing;

/// <summary>A configuration that knows nothing but the simulated providers.</summary>
internal static class SandboxConfiguration
{
    /// <summary>The model names that the simulated compatible upstream is asked for.</summary>
    public static IReadOnlyList<string> CompatibleModels { get; } = ["sandbox-chat"];

    /// <summary><paramref name="configuration"/> with every provider replaced by the one in <paramref name="sandbox"/>.</summary>
    public static ProxyConfiguration Over(SandboxServer sandbox, ProxyConfiguration configuration) => configuration with
    {
        Claude = configuration.Claude with { BaseUrl = sandbox.ClaudeBaseUrl, TokenUrl = sandbox.ClaudeTokenUrl, ProfileUrl = sandbox.ClaudeProfileUrl },
        Codex = configuration.Codex with { BaseUrl = sandbox.CodexBaseUrl, TokenUrl = sandbox.CodexTokenUrl },
        ApiKeyAccounts =
        [
            .. configuration.ApiKeyAccounts,
            .. sandbox.Accounts.All.Where(a => a.Kind == SandboxAccountKind.Compatible).Select(a => new ApiKeyAccount
            {
                Provider = "sandbox",
                Kind = UpstreamKind.Compatible,
                ApiKey = a.ApiKey,
                BaseUrl = sandbox.CompatibleBaseUrl,
                Models = [.. CompatibleModels.Select(m => new ModelAlias(m, m))],
                NoProxy = true,
                EntryKey = $"sandbox:{a.Name}",
            }),
        ],
    };
}
