using System.CommandLine;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Host.Logging;
using Proxy.Host.Sandboxing;
using Proxy.Host.Serving;

namespace Proxy.Host.CommandLine;

/// <summary>The root itself: runs the proxy until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Adds the options of the root and its action.</summary>
    public static void AddTo(RootCommand root, CommandContext context)
    {
        var sandbox = new Option<bool>("--sandbox") { Description = "Run over simulated providers with five made-up accounts. Touches nothing of yours." };
        var print = new Option<bool>("--print-config") { Description = "Print the configuration in force, with defaults and origins, and stop." };
        var port = PortOption.Create("--port", "Listen on this port instead of the configuration's. 0: any free one.");

        root.Add(sandbox);
        root.Add(print);
        root.Add(port);
        root.SetAction((parsed, cancellation) => parsed.GetValue(sandbox)
            ? SandboxCommand.RunAsync(parsed.GetValue(port), context.Time, context.StartEngine, cancellation)
            : RunAsync(Path.GetFullPath(parsed.GetValue(context.Config) ?? ConfigurationFile.DefaultName), parsed.GetValue(print), parsed.GetValue(port), context, cancellation));
    }

    private static async Task<int> RunAsync(string path, bool prints, int? port, CommandContext context, CancellationToken cancellation)
    {
        if (ConfigurationLoader.Load(path, context.Places, context.Error) is not { } loaded)
        {
            return ExitCodes.Configuration;
        }

        var configuration = loaded.Reading.Configuration!;
        var report = loaded.Reading.Report;
        if (prints)
        {
            await context.Out.WriteAsync(EffectiveConfiguration.Print(configuration, report));
            return ExitCodes.Done;
        }

        if (PrivateDirectories.TryCreate(configuration) is { } trouble)
        {
            await context.Error.WriteLineAsync(trouble);
            return ExitCodes.Configuration;
        }

        await using var log = new ConsoleLog(context.Time);
        log.SetDebug(configuration.Debug);
        ConsoleLog.Tell(log.Factory.CreateLogger("Proxy"), report);
        foreach (var warning in PrivateDirectories.Warnings(configuration))
        {
            log.Factory.CreateLogger("Proxy").LogWarning("{Warning}", warning);
        }

        return await Foreground.RunAsync(
            new ProxyHostOptions
            {
                Configuration = configuration,
                ConfigurationPath = path,
                ConfigurationText = loaded.Text,
                Time = context.Time,
                Places = context.Places,
                Logs = log.Factory,
                StartEngine = context.StartEngine,
                Port = port,
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
