using System.CommandLine;

namespace Proxy.Host.CommandLine;

/// <summary>What was written behind the program's name.</summary>
/// <param name="ConfigurationPath"><c>--config</c>; null = <c>./config.yaml</c>.</param>
/// <param name="Sandbox"><c>--sandbox</c>.</param>
/// <param name="PrintConfiguration"><c>--print-config</c>.</param>
/// <param name="Port"><c>--port</c>; null = the configuration's.</param>
internal sealed record ProxyArguments(string? ConfigurationPath, bool Sandbox, bool PrintConfiguration, int? Port);

/// <summary>The command line.</summary>
internal static class ProxyCommand
{
    /// <summary>Reads the arguments and runs what they ask for.</summary>
    /// <returns>The exit code of the process.</returns>
    public static Task<int> InvokeAsync(string[] args, Func<ProxyArguments, CancellationToken, Task<int>> run)
    {
        var config = new Option<string?>("--config", "-config", "-c") { Description = "The configuration file. Default: config.yaml in the current directory.", HelpName = "FILE" };
        var sandbox = new Option<bool>("--sandbox") { Description = "Run over simulated providers with four made-up accounts. Touches nothing of yours." };
        var print = new Option<bool>("--print-config") { Description = "Print the configuration in force, with defaults and origins, and stop." };
        var port = new Option<int?>("--port") { Description = "Listen on this port instead of the configuration's. 0: any free one.", HelpName = "PORT" };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 0 or > 65535)
            {
                result.AddError("--port is a number from 0 to 65535.");
            }
        });

        var root = new RootCommand("Serves coding CLIs from your own Claude and ChatGPT accounts, on your own machine.") { config, sandbox, print, port };
        root.SetAction((parsed, cancellation) =>
            run(new ProxyArguments(parsed.GetValue(config), parsed.GetValue(sandbox), parsed.GetValue(print), parsed.GetValue(port)), cancellation));

        // The host stops on signals by itself, in its own order.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, CancellationToken.None);
    }
}
