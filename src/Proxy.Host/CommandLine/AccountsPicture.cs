using System.Text;
using Proxy.Actors.Accounts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Proxy.Host.CommandLine;

/// <summary>The table of <c>accounts list</c>. On a terminal with colours; piped without, and as wide as it needs.</summary>
internal static class AccountsPicture
{
    /// <summary>Far wider than any table of ours: what is piped is cut nowhere.</summary>
    private const int AnyWidth = 4000;

    /// <summary>Writes the table.</summary>
    public static void Write(AccountListing listing, TextWriter writer, DateTimeOffset now)
    {
        if (listing.Accounts.Count > 0)
        {
            WriteTable(listing, writer, now);
        }
        else
        {
            writer.WriteLine($"No accounts yet: there is no login in {listing.AuthDirectory}, and no API key in the configuration.");
        }

        if (listing.DirectoryFault is { } fault)
        {
            writer.WriteLine($"{listing.AuthDirectory}: {Printable(fault)}");
        }

        foreach (var (file, reason) in listing.IgnoredFiles)
        {
            writer.WriteLine($"{Printable(file)} is no account: {Printable(reason)}");
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

    /// <summary>Without what would steer a terminal.</summary>
    public static string Printable(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;

    private static void WriteTable(AccountListing listing, TextWriter writer, DateTimeOffset now)
    {
        // The console notices by itself what the writer is: another one than a terminal gets no ANSI codes.
        var output = new AnsiConsoleOutput(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Interactive = InteractionSupport.No });
        var table = new Table { Border = output.IsTerminal ? TableBorder.Rounded : TableBorder.None };
        foreach (var name in (string[])["ID", "ACCOUNT", "PROVIDER", "PLAN", "STATE", "QUOTA", "NEXT REFRESH", "IN FLIGHT"])
        {
            table.AddColumn(new TableColumn(new Text(name)) { NoWrap = !output.IsTerminal || name == "ID" });
        }

        foreach (var details in listing.Accounts)
        {
            table.AddRow(Row(details, now));
        }

        if (output.IsTerminal)
        {
            console.Write(table);
            return;
        }

        console.Profile.Width = AnyWidth;
        writer.Write(WithoutPadding(table, console));
    }

    private static string WithoutPadding(Table table, IAnsiConsole console)
    {
        var text = string.Concat(table.GetSegments(console).Where(s => !s.IsControlCode).Select(s => s.Text));
        var lines = new StringBuilder(text.Length);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            lines.Append(line.TrimEnd()).Append('\n');
        }

        return lines.ToString();
    }

    private static IRenderable[] Row(AccountDetails details, DateTimeOffset now)
    {
        var account = details.Account;
        return
        [
            new Text(account.Id),
            new Text(Printable(AccountsNames.Called(details))),
            new Text(account.Provider),
            new Text(Printable(account.Plan ?? "-")),
            new Text(Printable(State(account, now)), Colour(account)),
            new Text(Quota(account, now)),
            new Text(account.Token?.RefreshDue is { } due ? due <= now ? "due" : InWords.FromNow(due, now) : "-"),
            new Text(account.Leases.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ];
    }

    private static Style Colour(AccountView account) => account.State.Split(':')[0] switch
    {
        "ready" or "refreshing" => new Style(Color.Green),
        "login-needed" or "broken" or "forbidden" => new Style(Color.Red),
        _ => new Style(Color.Yellow),
    };

    private static string Quota(AccountView account, DateTimeOffset now)
    {
        var windows = account.Windows.Where(w => !w.IsOver).Select(w => Window(w, now)).ToList();
        return windows.Count == 0 ? "-" : Printable(string.Join("; ", windows));
    }

    private static string Window(WindowView window, DateTimeOffset now)
    {
        var used = window.UsedShare is { } share ? $" {InWords.Share(share)}" : window.IsRejected ? " used up" : string.Empty;
        var reset = window.ResetsAt is { } at && at > now ? $", resets {InWords.FromNow(at, now)}" : string.Empty;
        return $"{window.Name}{used}{reset}";
    }
}
