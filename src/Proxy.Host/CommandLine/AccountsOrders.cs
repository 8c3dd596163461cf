using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Accounts;
using Proxy.Actors.Engine;
using Proxy.Host.Control;
using Proxy.Host.Serving;
using Proxy.Host.Terminal;

namespace Proxy.Host.CommandLine;

/// <summary>From the names that a person typed to orders, and from their outcomes to an exit code.</summary>
internal static class AccountsOrders
{
    /// <summary>The accounts that are meant. Where one name means none or several, nothing is chosen, and the person is told.</summary>
    public static (IReadOnlyList<AccountDetails> Chosen, int ExitCode) Choose(AccountListing listing, IReadOnlyList<string> names, CommandContext context)
    {
        var chosen = new List<AccountDetails>();
        var code = ExitCodes.Done;
        foreach (var name in names)
        {
            var matches = AccountsNames.Matches(listing, name);
            if (matches.Count == 1)
            {
                chosen.Add(matches[0]);
                continue;
            }

            code = matches.Count == 0 ? ExitCodes.NotFound : ExitCodes.Ambiguous;
            context.Error.WriteLine(matches.Count == 0 ? $"No account is called \"{name}\". {Known(listing)}" : $"\"{name}\" may be any of these; say which by its id:");
            foreach (var candidate in matches)
            {
                context.Error.WriteLine($"  {PlainText.Of(AccountsNames.Line(candidate))}");
            }
        }

        return code == ExitCodes.Done ? ([.. chosen.DistinctBy(a => a.Account.Id)], code) : ([], code);
    }

    /// <summary>Those that stand in the configuration are removed there, by the owner: the program writes no configuration.</summary>
    /// <returns>True when there are some; the person is told, and nothing is removed.</returns>
    public static bool RefuseEntries(IReadOnlyList<AccountDetails> accounts, string configurationFile, CommandContext context)
    {
        var entries = accounts.Where(a => a.File is null).ToList();
        foreach (var entry in entries)
        {
            context.Error.WriteLine(PlainText.Of($"{entry.Account.Id} has no login to delete: it stands in {configurationFile} as {entry.Entry ?? "an entry"}. Delete that entry; a running proxy notices."));
        }

        return entries.Count > 0;
    }

    /// <summary>Asks the person. Without one at a terminal the answer is no.</summary>
    public static bool Confirm(IReadOnlyList<AccountDetails> accounts, CommandContext context)
    {
        if (!context.IsInteractive)
        {
            context.Error.WriteLine("Nobody can be asked here whether to remove it for good. Say --yes.");
            return false;
        }

        foreach (var account in accounts)
        {
            context.Out.WriteLine($"  {PlainText.Of(AccountsNames.Line(account))}{(account.File is { } file ? $"  {PlainText.Of(file)}" : string.Empty)}{(account.Account.Credential == "linked" ? "  (linked: the other program keeps its login)" : string.Empty)}");
        }

        context.Out.Write(accounts.Count == 1 ? "Delete this login from this machine? [y/N] " : $"Delete these {accounts.Count} logins from this machine? [y/N] ");
        return context.In.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>Gives the order to all of them at once and tells how each ended.</summary>
    /// <returns>Done, or the code of the first that was not.</returns>
    public static async Task<int> RunAsync(IAccountControl control, IReadOnlyList<AccountDetails> accounts, AccountOrder order, bool isJson, CommandContext context, CancellationToken cancellation)
    {
        var outcomes = await Task.WhenAll(accounts.Select(a => control.OrderAsync(new AccountId(a.Account.Id), order, cancellation)));
        if (isJson)
        {
            var results = accounts.Zip(outcomes, (a, o) => new JsonObject { ["account"] = a.Account.Id, ["result"] = JsonSerializer.SerializeToNode(o.Result, ControlJson.Format), ["message"] = o.Message });
            context.Out.WriteLine(ControlJson.Of(new JsonObject { ["results"] = new JsonArray([.. results]) }));
        }
        else
        {
            foreach (var (account, outcome) in accounts.Zip(outcomes))
            {
                var line = $"{AccountsNames.Called(account)} [{account.Account.Id}]: {outcome.Message}.";
                (outcome.Result == OrderResult.Done ? context.Out : context.Error).WriteLine(PlainText.Of(line));
            }
        }

        return outcomes.Select(o => CodeOf(o.Result)).FirstOrDefault(c => c != ExitCodes.Done, ExitCodes.Done);
    }

    private static int CodeOf(OrderResult result) => result switch
    {
        OrderResult.Done => ExitCodes.Done,
        OrderResult.NotFound => ExitCodes.NotFound,
        OrderResult.Refused => ExitCodes.Refused,
        _ => ExitCodes.Failed,
    };

    private static string Known(AccountListing listing) =>
        listing.Accounts.Count == 0 ? "There are no accounts." : $"There are: {string.Join(", ", listing.Accounts.Select(a => a.Account.Id))}.";
}
