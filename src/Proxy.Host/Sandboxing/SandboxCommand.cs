using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Host.Logging;
using Proxy.Host.Serving;
using Proxy.Sandbox;

namespace Proxy.Host.Sandboxing;

/// <summary><c>--sandbox</c>: the proxy over simulated providers, in a temporary place that is gone afterwards.</summary>
internal static class SandboxCommand
{
    /// <summary>Runs it until it is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(int? port, TimeProvider time, EngineStart startEngine, CancellationToken cancellation)
    {
        // CreateTempSubdirectory makes it for its owner alone.
        var place = Directory.CreateTempSubdirectory("cliproxyactors-sandbox-").FullName;
        try
        {
            await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions(), time, cancellation);
            var configuration = SandboxConfiguration.Over(
                sandbox,
                new ProxyConfiguration { AuthDirectory = Path.Join(place, "auths"), StateDirectory = Path.Join(place, "state") });
            PrivateDirectories.Create(configuration.AuthDirectory);
            PrivateDirectories.Create(configuration.StateDirectory);
            SandboxConfiguration.WriteAccounts(sandbox, configuration.AuthDirectory);
            var file = Path.Join(place, ConfigurationFile.DefaultName);
            await File.WriteAllTextAsync(file, SandboxConfiguration.Yaml(configuration), cancellation);
            await using var log = new ConsoleLog(time);
            return await Foreground.RunAsync(
                new ProxyHostOptions
                {
                    Configuration = configuration,
                    Time = time,
                    Logs = log.Factory,
                    StartEngine = startEngine,
                    Port = port,
                    HandlesSignals = true,
                },
                host => Console.Out.Write(Welcome(host.Addresses[0], sandbox, file)),
                cancellation);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    /// <summary>What a newcomer needs.</summary>
    internal static string Welcome(Uri address, SandboxServer sandbox, string file)
    {
        var at = $"http://localhost:{address.Port}";
        return $$"""

            CliProxyActors over simulated providers: two Claude, two ChatGPT and one compatible account, all made up.

              Claude Code, Anthropic SDKs, droid (anthropic)   base URL  {{at}}
              Codex, OpenAI SDKs, droid (openai, generic)      base URL  {{at}}/v1
              models: claude-sonnet-4-5-20250929, gpt-5.4, {{SandboxConfiguration.CompatibleModels[0]}}, …   any API key will do

            Paste this into another terminal:

              curl -N {{at}}/v1/messages -H 'content-type: application/json' -d '{"model":"claude-sonnet-4-5-20250929","max_tokens":256,"stream":true,"messages":[{"role":"user","content":"Hello"}]}'

              who is served by whom, and why:  curl {{at}}/debug/actors
              see and control the accounts:    dotnet run --project src/Proxy.Host -- accounts --config {{file}}
              log one more account in:         dotnet run --project src/Proxy.Host -- --claude-login --config {{file}}
              make a provider go wrong:        curl {{sandbox.ControlUrl.AbsoluteUri.TrimEnd('/')}}/state -H 'authorization: Bearer {{sandbox.ControlToken}}'

            Stop with Ctrl+C; nothing is left behind.


            """;
    }
}
