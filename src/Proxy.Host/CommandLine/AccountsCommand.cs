using System.CommandLine;
using Proxy.Actors.Accounts;
using Proxy.Actors.Engine;
using Proxy.Host.Configuration;
using Proxy.Host.Control;
using Proxy.Host.Serving;

namespace Proxy.Host.CommandLine;

/// <summary><c>accounts</c>: see and control the accounts, of a running proxy or of its files.</summary>
internal static class AccountsCommand
{
    /// <summary>Makes the command with its subcommands.</summary>
    public static Command Create(CommandContext context)
    {
        var command = new Command("accounts", "See and control your accounts: through the running proxy, or on its files when none runs.");
        var list = List(context);
        command.Action = list.Action; // "accounts" alone shows them
        command.Add(list);
        command.Add(Show(context));
        command.Add(ImportCommand.Create(context));
        command.Add(LoginCommand.CreateSubcommand(context));
        command.Add(Order(context, AccountOrder.Pause, "pause", "Send nothing more to an account until it is resumed. Its login is kept fresh."));
        command.Add(Order(context, AccountOrder.Resume, "resume", "Use a paused account again."));
        command.Add(Order(context, AccountOrder.Refresh, "refresh", "Refresh the token of an account now."));
        command.Add(Order(context, AccountOrder.Reset, "reset", "Forget an account's cooldowns and used-up quota readings, and try it again now."));
        command.Add(Order(context, AccountOrder.Remove, "remove", "Delete an account's login from this machine, once what is in flight has ended."));
        return command;
    }

    private static Command List(CommandContext context)
    {
        var json = Json();
        var list = new Command("list", "All accounts, a line each.") { json };
        list.SetAction((parsed, cancellation) => WithAccountsAsync(context, parsed, cancellation, (_, listing) =>
        {
            if (parsed.GetValue(json))
            {
                context.Out.WriteLine(ControlJson.Of(listing));
            }
            else
            {
                AccountsPicture.Write(listing, context.Out, context.Time.GetUtcNow());
            }

            return Task.FromResult(ExitCodes.Done);
        }));
        return list;
    }

    private static Command Show(CommandContext context)
    {
        var (json, names) = (Json(), Names());
        var show = new Command("show", "Everything that is known of an account.") { names, json };
        show.SetAction((parsed, cancellation) => WithAccountsAsync(context, parsed, cancellation, (_, listing) =>
        {
            var (chosen, code) = AccountsOrders.Choose(listing, parsed.GetValue(names)!, context);
            foreach (var account in chosen)
            {
                if (parsed.GetValue(json))
                {
                    context.Out.WriteLine(ControlJson.Of(ControlJson.Flat(account)));
                }
                else
                {
                    AccountsPlain.Write(account, context.Out, context.Time.GetUtcNow());
                }
            }

            return Task.FromResult(code);
        }));
        return show;
    }

    private static Command Order(CommandContext context, AccountOrder order, string name, string description)
    {
        var (json, names) = (Json(), Names());
        var yes = new Option<bool>("--yes", "-y") { Description = "Don't ask." };
        var command = new Command(name, description) { names, json };
        if (order == AccountOrder.Remove)
        {
            command.Add(yes);
        }

        command.SetAction((parsed, cancellation) => WithAccountsAsync(context, parsed, cancellation, async (control, listing) =>
        {
            var (chosen, code) = AccountsOrders.Choose(listing, parsed.GetValue(names)!, context);
            if (code == ExitCodes.Done && order == AccountOrder.Remove)
            {
                var file = Path.GetFullPath(parsed.GetValue(context.Config) ?? ConfigurationFile.DefaultName);
                var isRefused = AccountsOrders.RefuseEntries(chosen, file, context) || (!parsed.GetValue(yes) && !AccountsOrders.Confirm(chosen, context));
                code = isRefused ? ExitCodes.Refused : code;
            }

            return code != ExitCodes.Done ? code : await AccountsOrders.RunAsync(control, chosen, order, parsed.GetValue(json), context, cancellation);
        }));
        return command;
    }

    private static async Task<int> WithAccountsAsync(CommandContext context, ParseResult parsed, CancellationToken cancellation, Func<IAccountControl, AccountListing, Task<int>> act)
    {
        if (context.Configure(parsed) is not { } configuration)
        {
            return ExitCodes.Configuration;
        }

        try
        {
            using var reach = await AccountsReach.OpenAsync(configuration, context, cancellation);
            return await act(reach.Control, await reach.Control.ListAsync(cancellation));
        }
        catch (ControlUnavailableException trouble)
        {
            await context.Error.WriteLineAsync(trouble.Message);
            return ExitCodes.Unreachable;
        }
    }

    private static Option<bool> Json() => new("--json") { Description = "Print JSON, for scripts." };

    private static Argument<string[]> Names() => new("account")
    {
        Description = "An account's id or the beginning of it, its label, its file's name or its e-mail.",
        Arity = ArgumentArity.OneOrMore,
    };
}
