using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Host.Logging;
using Proxy.Host.Sandboxing;
using Proxy.Host.Serving;

namespace Proxy.Host.CommandLine;

/// <summary>Runs the proxy until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Runs what <paramref name="arguments"/> ask for.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ProxyArguments arguments, TimeProvider time, EngineStart startEngine, CancellationToken cancellation)
    {
        if (arguments.Sandbox)
        {
            return await SandboxCommand.RunAsync(arguments.Port, time, startEngine, cancellation);
        }

        var path = Path.GetFullPath(arguments.ConfigurationPath ?? ConfigurationFile.DefaultName);
        var look = ConfigurationFile.Look(path);
        if (look.Text is null)
        {
            await Console.Error.WriteLineAsync(ConfigurationFile.Missing(path, look.Trouble!));
            return ExitCodes.Configuration;
        }

        var reading = ConfigurationReader.Read(look.Text, path, DefaultPlaces.OfUser());
        if (reading.Configuration is not { } configuration)
        {
            await Console.Error.WriteLineAsync($"{path} is not valid:");
            foreach (var remark in reading.Report.Remarks.Where(r => r.Severity > Severity.Debug))
            {
                await Console.Error.WriteLineAsync($"  {remark}");
            }

            return ExitCodes.Configuration;
        }

        if (arguments.PrintConfiguration)
        {
            await Console.Out.WriteAsync(EffectiveConfiguration.Print(configuration, reading.Report));
            return ExitCodes.Done;
        }

        if (PrivateDirectories.TryCreate(configuration) is { } trouble)
        {
            await Console.Error.WriteLineAsync(trouble);
            return ExitCodes.Configuration;
        }

        await using var log = new ConsoleLog(time);
        log.SetDebug(configuration.Debug);
        ConsoleLog.Tell(log.Factory.CreateLogger("Proxy"), reading.Report);
        if (PrivateDirectories.IsOpenToOthers(configuration.AuthDirectory))
        {
            log.Factory.CreateLogger("Proxy").LogWarning("Other users of this machine can look into {Directory}, where your logins are. Shut it: chmod 700 {Directory}", configuration.AuthDirectory, configuration.AuthDirectory);
        }

        return await Foreground.RunAsync(
            new ProxyHostOptions
            {
                Configuration = configuration,
                ConfigurationPath = path,
                ConfigurationText = look.Text,
                Time = time,
                Logs = log.Factory,
                StartEngine = startEngine,
                Port = arguments.Port,
                DebugChanged = log.SetDebug,
                HandlesSignals = true,
            },
            host => log.Factory.CreateLogger("Proxy").LogInformation(
                "Listening on {Addresses} for {Accounts}", string.Join(" and ", host.Addresses.Select(a => a.GetLeftPart(UriPartial.Authority))), Accounts(configuration)),
            cancellation);
    }

    private static string Accounts(ProxyConfiguration configuration) =>
        $"the accounts in {configuration.AuthDirectory}{(configuration.ApiKeyAccounts.Count == 0 ? string.Empty : $" and {configuration.ApiKeyAccounts.Count} by API key")}";
}
