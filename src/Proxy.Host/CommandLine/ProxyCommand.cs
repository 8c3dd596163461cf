using System.CommandLine;

namespace Proxy.Host.CommandLine;

/// <summary>The command line: the root serves, everything else is a subcommand with a file of its own in this folder.</summary>
internal static class ProxyCommand
{
    /// <summary>Reads the arguments and runs what they ask for.</summary>
    /// <returns>The exit code of the process.</returns>
    public static Task<int> InvokeAsync(string[] args, CommandContext context, CancellationToken cancellation = default)
    {
        // The host stops on signals by itself, in its own order.
        var settings = new InvocationConfiguration { ProcessTerminationTimeout = null, Output = context.Out, Error = context.Error };
        return Create(context).Parse(args).InvokeAsync(settings, cancellation);
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
