using System.Text.Json.Nodes;
using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;

namespace Proxy.Host.Sandboxing;

/// <summary>A configuration that knows nothing but the simulated providers.</summary>
internal static class SandboxConfiguration
{
    /// <summary>The model names that the simulated compatible upstream is asked for.</summary>
    public static IReadOnlyList<string> CompatibleModels { get; } = ["sandbox-chat"];

    /// <summary>Writes the files of all made-up logins, each labelled by its account's name: their e-mails look alike when masked.</summary>
    public static void WriteAccounts(SandboxServer sandbox, string directory)
    {
        foreach (var account in sandbox.Accounts.All.Where(a => a.Kind is SandboxAccountKind.ClaudeOAuth or SandboxAccountKind.ChatGpt))
        {
            var path = account.WriteAuthFile(directory);
            var content = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
            content["label"] = account.Name;
            File.WriteAllText(path, content.ToJsonString());
        }
    }

    /// <summary>The same as a <c>config.yaml</c>, for commands in another terminal: a login that adds an account to the running sandbox.</summary>
    public static string Yaml(ProxyConfiguration configuration) => $"""
        # Written by --sandbox, gone with it. Everything in it is simulated.
        auth-dir: {ValueKinds.Quote(configuration.AuthDirectory)}
        state-dir: {ValueKinds.Quote(configuration.StateDirectory)}
        providers:
          claude:
            base-url: "{configuration.Claude.BaseUrl}"
            token-url: "{configuration.Claude.TokenUrl}"
            authorize-url: "{configuration.Claude.AuthorizeUrl}"
            profile-url: "{configuration.Claude.ProfileUrl}"
          codex:
            base-url: "{configuration.Codex.BaseUrl}"
            token-url: "{configuration.Codex.TokenUrl}"
            authorize-url: "{configuration.Codex.AuthorizeUrl}"
            device-url: "{configuration.Codex.DeviceUrl}"

        """;

    /// <summary><paramref name="configuration"/> with every provider replaced by the one in <paramref name="sandbox"/>.</summary>
    public static ProxyConfiguration Over(SandboxServer sandbox, ProxyConfiguration configuration) => configuration with
    {
        Claude = configuration.Claude with { BaseUrl = sandbox.ClaudeBaseUrl, TokenUrl = sandbox.ClaudeTokenUrl, ProfileUrl = sandbox.ClaudeProfileUrl, AuthorizeUrl = sandbox.ClaudeAuthorizeUrl },
        Codex = configuration.Codex with { BaseUrl = sandbox.CodexBaseUrl, TokenUrl = sandbox.CodexTokenUrl, AuthorizeUrl = sandbox.CodexAuthorizeUrl, DeviceUrl = sandbox.CodexDeviceUrl },
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
