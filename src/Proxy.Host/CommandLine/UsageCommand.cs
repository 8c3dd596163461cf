using System.CommandLine;
using Proxy.Actors.Configuration;
using Proxy.Actors.Ledger;
using Proxy.Host.Serving;
using Proxy.Host.Usage;
using Proxy.Protocol.Models;

namespace Proxy.Host.CommandLine;

/// <summary><c>usage</c>: what was used, by whom, and what it would have cost. Reads the ledger beside a running proxy, or without one.</summary>
internal static class UsageCommand
{
    private const string DefaultSince = "30d";

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandContext context)
    {
        var by = new Option<UsageBy?>("--by") { Description = "One table: a line for each day, account, model, session or client. Left out: days, accounts and models.", HelpName = "day|account|model|session|client", CustomParser = ReadBy };
        var since = new Option<string>("--since") { Description = "From when on: a date, today, or a length like 12h or 7d.", HelpName = "WHEN", DefaultValueFactory = _ => DefaultSince };
        var until = new Option<string?>("--until") { Description = "Until when, that day included. Default: now.", HelpName = "WHEN" };
        var account = new Option<string?>("--account") { Description = "Only this account: its id, or a part of its label.", HelpName = "NAME" };
        var model = new Option<string?>("--model") { Description = "Only models with this in their name.", HelpName = "NAME" };
        var top = new Option<int>("--top") { Description = "The most lines of a table; 0 for all.", HelpName = "N", DefaultValueFactory = _ => 50 };
        var json = new Option<bool>("--json") { Description = "As JSON, for scripts and status lines." };
        var csv = new Option<bool>("--csv") { Description = "One table as CSV; days unless --by says otherwise." };
        var command = new Command("usage", "What was used, by whom, and what it would have cost through the providers' APIs.") { by, since, until, account, model, top, json, csv };
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(csv))
            {
                result.AddError("--json and --csv are two forms of the same report: choose one.");
            }
        });
        command.SetAction(parsed =>
        {
            if (context.Configure(parsed) is not { } configuration)
            {
                return ExitCodes.Configuration;
            }

            var (now, zone) = (context.Time.GetUtcNow(), context.Time.LocalTimeZone);
            if (UsageTimes.Begin(parsed.GetValue(since)!, now, zone) is not { } from)
            {
                return Refuse(context, $"--since {parsed.GetValue(since)}: write {UsageTimes.Expected}.");
            }

            if ((parsed.GetValue(until) is { } end ? UsageTimes.End(end, now, zone) : now.AddMilliseconds(1)) is not { } to)
            {
                return Refuse(context, $"--until {parsed.GetValue(until)}: write {UsageTimes.Expected}.");
            }

            if (to <= from)
            {
                return Refuse(context, $"--until {parsed.GetValue(until)} is before --since {parsed.GetValue(since)}: nothing lies between them.");
            }

            var tables = parsed.GetValue(by) is { } one ? [one] : parsed.GetValue(csv) ? [UsageBy.Day] : (UsageBy[])[UsageBy.Day, UsageBy.Account, UsageBy.Model];
            var question = new UsageQuestion { From = from, To = to, Zone = zone, By = tables, Account = parsed.GetValue(account), Model = parsed.GetValue(model) };
            return Answer(context, configuration, question, parsed.GetValue(json) ? Json : parsed.GetValue(csv) ? Csv : (report, writer) => UsagePicture.Write(report, writer, zone, parsed.GetValue(top)));
        });
        return command;
    }

    // The library's own message speaks of .NET's types.
    private static UsageBy? ReadBy(System.CommandLine.Parsing.ArgumentResult result)
    {
        var all = Enum.GetValues<UsageBy>();
        var given = result.Tokens is [var token] ? token.Value : string.Empty;
        if (Array.FindIndex(all, b => b.ToString().Equals(given, StringComparison.OrdinalIgnoreCase)) is >= 0 and var at)
        {
            return all[at];
        }

        result.AddError($"--by {given}: write one of {string.Join(", ", all.Select(b => b.ToString().ToLowerInvariant()))}.");
        return null;
    }

    private static int Answer(CommandContext context, ProxyConfiguration configuration, UsageQuestion question, Action<UsageReport, TextWriter> show)
    {
        try
        {
            var prices = PricesOf(configuration.Ledger.PricesFile);
            using var file = UsageFile.TryOpen(configuration.StateDirectory);
            if (file is null)
            {
                context.Error.WriteLine($"Nothing is recorded yet: there is no {UsageFile.PathIn(configuration.StateDirectory)}. The proxy makes it when it runs.");
            }

            if (!configuration.Ledger.Enabled)
            {
                context.Error.WriteLine("Nothing new is recorded: ledger.enabled (or usage-statistics-enabled) is false in the configuration.");
            }

            show(UsageReporter.Answer(file, question, prices, configuration.Server.ApiKeys), context.Out);
            return ExitCodes.Done;
        }
        catch (FormatException wrong)
        {
            context.Error.WriteLine($"prices: {configuration.Ledger.PricesFile} can't be used: {wrong.Message}. Its form is that of prices.json (docs/usage.md).");
            return ExitCodes.Configuration;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            context.Error.WriteLine($"prices: {configuration.Ledger.PricesFile} can't be read: {refused.Message}");
            return ExitCodes.Configuration;
        }
        catch (UsageFileException unreadable)
        {
            context.Error.WriteLine(unreadable.Message);
            return ExitCodes.Failed;
        }
    }

    private static PriceTable PricesOf(string path) =>
        path.Length == 0 ? PriceTable.Default : PriceTable.Default.Under(PriceTable.Read(File.ReadAllBytes(path)));

    private static void Json(UsageReport report, TextWriter writer) => writer.WriteLine(report.ToJson());

    private static void Csv(UsageReport report, TextWriter writer) => UsageSheet.Write(report.Tables[0], writer);

    private static int Refuse(CommandContext context, string what)
    {
        context.Error.WriteLine(what);
        return ExitCodes.Failed;
    }
}
