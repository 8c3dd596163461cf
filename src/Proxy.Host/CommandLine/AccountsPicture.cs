using System.Globalization;
using Proxy.Actors.Accounts;
using Proxy.Host.Terminal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Proxy.Host.CommandLine;

/// <summary>
/// The table of <c>accounts list</c>. On a terminal with colours, and below each other where it is too narrow for the
/// table; piped without colours, a line each, as wide as it needs.
/// </summary>
internal static class AccountsPicture
{
    /// <summary>Writes the table.</summary>
    /// <param name="listing">The accounts.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="now">The time.</param>
    /// <param name="width">Columns of a terminal; null to ask the writer whether it is one.</param>
    public static void Write(AccountListing listing, TextWriter writer, DateTimeOffset now, int? width = null)
    {
        if (listing.Accounts.Count > 0)
        {
            WriteTable(listing, writer, now, width);
        }
        else
        {
            writer.WriteLine($"No accounts yet: there is no login in {listing.AuthDirectory}, and no API key in the configuration.");
            writer.WriteLine("Log in with: accounts login claude, or: accounts login codex. Logins of Claude Code and Codex on this machine: accounts import.");
        }

        if (listing.DirectoryFault is { } fault)
        {
            writer.WriteLine($"{listing.AuthDirectory}: {PlainText.Of(fault)}");
        }

        foreach (var (file, reason) in listing.IgnoredFiles)
        {
            writer.WriteLine($"{PlainText.Of(file)} is no account: {PlainText.Of(reason)}");
        }
    }

    /// <summary>The state in words, with what a person can wait for.</summary>
    public static string State(AccountView account, DateTimeOffset now)
    {
        var (kind, reason) = account.State.IndexOf(": ", StringComparison.Ordinal) is > 0 and var at ? (account.State[..at], account.State[(at + 2)..]) : (account.State, string.Empty);
        var until = account.StateUntil is { } end && end > now ? $" for {InWords.Length(end - now)}" : string.Empty;
        return kind switch
        {
            "quota-exhausted" => $"quota used up{until}",
            "cooling-down" => $"cooling down{until}",
            "refreshing" => "refreshing its token",
            "paused" when reason.Contains("removed", StringComparison.Ordinal) => "being removed",
            "login-needed" => $"login needed: {reason}",
            "broken" => $"broken: {reason}",
            "forbidden" => $"forbidden by its provider{until}",
            _ => kind.Replace('-', ' ') + until,
        };
    }

    private static void WriteTable(AccountListing listing, TextWriter writer, DateTimeOffset now, int? width)
    {
        var console = new TableConsole(writer, width);
        var isTerminal = console.IsTerminal;
        var table = new Table { Border = isTerminal ? TableBorder.Rounded : TableBorder.None };
        foreach (var name in (string[])["ID", "ACCOUNT", "PROVIDER", "PLAN", "STATE", "QUOTA", "NEXT REFRESH", "IN FLIGHT"])
        {
            table.AddColumn(new TableColumn(new Text(name)) { NoWrap = true, Padding = isTerminal ? new Padding(1, 0) : new Padding(0, 0, 2, 0) });
        }

        foreach (var details in listing.Accounts)
        {
            table.AddRow(Row(details, now, isTerminal ? "\n" : "; "));
        }

        if (console.HasRoomFor(table))
        {
            console.Write(table);
        }
        else
        {
            WriteBelowEachOther(listing, console.Lines, now);
        }
    }

    private static void WriteBelowEachOther(AccountListing listing, IAnsiConsole console, DateTimeOffset now)
    {
        foreach (var details in listing.Accounts)
        {
            var account = details.Account;
            console.WriteLine(PlainText.Of(AccountsNames.Line(details)));
            console.Write("  ");
            console.WriteLine(PlainText.Of(State(account, now)), Colour(account));
            console.WriteLine($"  {account.Provider}{(account.Plan is { } plan ? $" {PlainText.Of(plan)}" : string.Empty)}, {account.Leases.Count} in flight, next refresh {NextRefresh(account, now)}");
            foreach (var window in account.Windows.Where(w => !w.IsOver))
            {
                console.WriteLine(PlainText.Of($"  {Window(window, now)}"));
            }
        }
    }

    private static IRenderable[] Row(AccountDetails details, DateTimeOffset now, string between)
    {
        var account = details.Account;
        return
        [
            new Text(account.Id),
            new Text(PlainText.Of(AccountsNames.Called(details))),
            new Text(account.Provider),
            new Text(PlainText.Of(account.Plan ?? "-")),
            new Text(PlainText.Of(State(account, now)), Colour(account)),
            new Text(Quota(account, now, between)),
            new Text(NextRefresh(account, now)),
            new Text(account.Leases.Count.ToString(CultureInfo.InvariantCulture)),
        ];
    }

    private static Style Colour(AccountView account) => account.State.Split(':')[0] switch
    {
        "ready" or "refreshing" => new Style(Color.Green),
        "login-needed" or "broken" or "forbidden" => new Style(Color.Red),
        _ => new Style(Color.Yellow),
    };

    private static string NextRefresh(AccountView account, DateTimeOffset now) =>
        account.Token?.RefreshDue is not { } due ? "-" : due <= now ? "due" : InWords.FromNow(due, now);

    private static string Quota(AccountView account, DateTimeOffset now, string between)
    {
        var windows = account.Windows.Where(w => !w.IsOver).Select(w => PlainText.Of(Window(w, now))).ToList();
        return windows.Count == 0 ? "-" : string.Join(between, windows);
    }

    private static string Called(WindowView window) => window.Model is { } model ? $"{window.Name} {model}" : window.Name;

    private static string Window(WindowView window, DateTimeOffset now)
    {
        var used = window.UsedShare is { } share ? $" {InWords.Share(share)}" : window.IsRejected ? " used up" : string.Empty;
        var reset = window.ResetsAt is { } at && at > now ? $", resets {InWords.FromNow(at, now)}" : string.Empty;
        var empty = window.Forecast?.EmptyAt is { } end && end > now ? $", at this pace empty {InWords.FromNow(end, now)}" : string.Empty;
        return $"{Called(window)}{used}{reset}{empty}";
    }
}
