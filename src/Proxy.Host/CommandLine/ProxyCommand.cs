using System.CommandLine;
using System.CommandLine.Help;
using Proxy.Host.Serving;

namespace Proxy.Host.CommandLine;

/// <summary>The command line: the root serves, everything else is a subcommand with a file of its own in this folder.</summary>
internal static class ProxyCommand
{
    /// <summary>Reads the arguments and runs what they ask for.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> InvokeAsync(string[] args, CommandContext context, CancellationToken cancellation = default)
    {
        // The host stops on signals by itself, in its own order.
        var settings = new InvocationConfiguration { ProcessTerminationTimeout = null, Output = context.Out, Error = context.Error };
        var parsed = Create(context).Parse(SingleDashes.Doubled(args));
        WrongUsage.Shape(parsed);
        var code = await parsed.InvokeAsync(settings, cancellation);
        if (code != ExitCodes.Done && parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            await context.Error.WriteLineAsync(WrongUsage.Hint(parsed));
        }

        return code;
    }

    private static RootCommand Create(CommandContext context)
    {
        var root = new RootCommand("Serves coding CLIs from your own Claude and ChatGPT accounts, on your own machine.") { context.Config };
        ServeCommand.AddTo(root, context);
        LoginCommand.AddTo(root, context);
        root.Add(AccountsCommand.Create(context));
        root.Add(UsageCommand.Create(context));
        return root;
    }
}
