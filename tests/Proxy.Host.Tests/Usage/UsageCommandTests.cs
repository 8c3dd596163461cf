using System.Text.Json.Nodes;
using Proxy.Actors.Ledger;
using Proxy.Host.CommandLine;
using Proxy.Host.Configuration;
using Proxy.Host.Serving;
using Proxy.Host.Tests.EndToEnd;
using Proxy.Host.Tests.Hosting;
using Proxy.Host.Usage;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;
using Proxy.Sandbox;
using Proxy.Testing;

namespace Proxy.Host.Tests.Usage;

/// <summary>The command as a person runs it: beside a proxy that serves, and on a file alone.</summary>
public sealed class UsageCommandTests
{
    [Fact]
    public async Task What_a_running_proxy_served_is_shown_beside_it()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions(), Yaml = "api-keys: [made-up-first-key, made-up-second-key]" });
        foreach (var (dialect, model, stream) in new[] { (Dialect.AnthropicMessages, Asking.Claude, true), (Dialect.OpenAIChat, Asking.Claude, false), (Dialect.OpenAIResponses, "gpt-5.4", true) })
        {
            using var request = Asking.Request(dialect, Asking.Body(dialect, model, "a private prompt", stream), session: "session-of-a-person");
            request.Headers.Add("x-api-key", "made-up-second-key");
            request.Headers.UserAgent.ParseAdd("claude-cli/2.1.0 (external, cli)");
            using var answer = await host.Client.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            await answer.Content.ReadAsStringAsync();
        }

        await WrittenAsync(host, 3);
        var (code, json, _) = await RunAsync(host.ConfigurationPath, "--json", "--by", "session");
        code.ShouldBe(ExitCodes.Done);
        var report = JsonNode.Parse(json)!;
        var session = report["tables"]![0]!["lines"]!.AsArray().ShouldHaveSingleItem()!;
        ((int)session["requests"]!, (int)session["failed"]!).ShouldBe((3, 0));
        ((long)session["output"]!).ShouldBeGreaterThan(0);
        ((decimal)session["apiPrice"]!).ShouldBeGreaterThan(0);
        ((string)session["key"]!).Length.ShouldBe(12);
        json.ShouldNotContain("session-of-a-person");

        var (_, clients, _) = await RunAsync(host.ConfigurationPath, "--by", "client");
        clients.ShouldContain("claude-cli (key 2)");
        var (_, all, errors) = await RunAsync(host.ConfigurationPath);
        errors.ShouldBeEmpty();
        all.ShouldContain("3 requests, 3 upstream calls.", customMessage: all);
        foreach (var expected in new[] { "DAY", "ACCOUNT", "MODEL", "CACHE HIT", "API PRICE", "claude-sonnet-4-5-20250929", "gpt-5.4", "total", " (claude-" })
        {
            all.ShouldContain(expected, customMessage: all);
        }

        all.ShouldNotContain("\u001b", customMessage: "piped: no colours");
        all.Split('\n').ShouldAllBe(l => l == l.TrimEnd());
    }

    [Fact]
    public async Task A_ledger_that_is_switched_off_says_so()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions(), Yaml = "usage-statistics-enabled: false" });
        (await host.AskAsync(Dialect.OpenAIChat, Asking.Claude, "a private prompt")).Status.ShouldBe(System.Net.HttpStatusCode.OK);
        JsonNode ledger = null!;
        await host.UntilTreeAsync(tree => (ledger = tree["ledger"]!) is JsonObject);
        (((bool)ledger["enabled"]!, (int)ledger["waiting"]!, (int)ledger["written"]!, (int)ledger["dropped"]!)).ShouldBe((false, 0, 0, 0));
        var (code, text, errors) = await RunAsync(host.ConfigurationPath);
        (code, text).ShouldBe((ExitCodes.Done, text));
        text.ShouldContain("0 requests");
        errors.ShouldContain("ledger.enabled");
    }

    [Fact]
    public async Task The_debug_endpoint_shows_what_the_ledger_does()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });
        await host.AskAsync(Dialect.OpenAIChat, Asking.Claude, "a private prompt");
        await WrittenAsync(host, 1);
        JsonNode ledger = null!;
        await host.UntilTreeAsync(tree => (ledger = tree["ledger"]!) is JsonObject);
        ((bool)ledger["enabled"]!, (int)ledger["dropped"]!, (int)ledger["lost"]!, ledger["lastTrouble"]).ShouldBe((true, 0, 0, null));
        ((long)ledger["fileBytes"]!).ShouldBeGreaterThan(4096);
    }

    [Fact]
    public async Task A_file_alone_is_read_with_prices_of_the_owners()
    {
        using var ledger = new LedgerFile();
        ledger.Add("2025-12-30T10:00:00Z", model: "lab-large", input: 1_000_000, output: 0, client: "=cmd");
        await File.WriteAllTextAsync(Path.Join(ledger.Directory, "mine.json"), """{ "prices": [ { "models": ["lab-*"], "input": 7, "output": 9 } ] }""");
        var path = Path.Join(ledger.Directory, "config.yaml");
        await File.WriteAllTextAsync(path, "auth-dir: ./auths\nstate-dir: .\nprices: ./mine.json\n");

        (await RunAsync(path, "--since", "2025-12-30", "--until", "2025-12-30")).Out.ShouldContain("$7.00");
        (await RunAsync(path, "--since", "2025-12-31")).Out.ShouldContain("0 requests");
        var (_, csv, _) = await RunAsync(path, "--csv", "--by", "client", "--since", "2025-12-01");
        csv.ReplaceLineEndings("\n").ShouldBe(
            "client,name,requests,attempts,failed,cancelled,token_counts,uncached_input,cache_read,cache_write,output,reasoning,cache_hit_ratio,first_byte_p50_ms,first_byte_p95_ms,total_p50_ms,total_p95_ms,api_price_usd\n"
            + "'=cmd,'=cmd,1,1,0,0,0,1000000,0,0,0,0,0,,,1000,1000,7\n");

        await File.WriteAllTextAsync(Path.Join(ledger.Directory, "mine.json"), """{ "prices": [ { "models": ["lab-*"], "input": "seven" } ] }""");
        var (code, _, errors) = await RunAsync(path);
        code.ShouldBe(ExitCodes.Configuration);
        errors.ShouldContain("mine.json");
        errors.ShouldContain("$.prices[0].input");
        File.Delete(Path.Join(ledger.Directory, "mine.json"));
        (await RunAsync(path)).Code.ShouldBe(ExitCodes.Configuration);
    }

    [Fact]
    public async Task Sessions_are_shown_newest_first_and_no_more_than_asked_for()
    {
        using var ledger = new LedgerFile();
        for (var i = 0; i < 9; i++)
        {
            ledger.Add($"2025-12-30T10:0{i}:00Z", session: $"session{i}", output: 1);
        }

        var path = Path.Join(ledger.Directory, "config.yaml");
        await File.WriteAllTextAsync(path, "auth-dir: ./auths\nstate-dir: .\n");
        var (_, text, _) = await RunAsync(path, "--by", "session", "--top", "2");
        text.Split('\n').Where(l => l.StartsWith("session", StringComparison.Ordinal)).Select(l => l[..8]).ShouldBe(["session8", "session7"]);
        text.ShouldContain("… and 7 more");
        (await RunAsync(path, "--by", "session", "--top", "0")).Out.Split('\n').Count(l => l.StartsWith("session", StringComparison.Ordinal)).ShouldBe(9);
    }

    [Fact]
    public async Task Names_of_models_write_neither_on_the_terminal_nor_into_the_sheet()
    {
        using var ledger = new LedgerFile();
        ledger.Add("2025-12-30T10:00:00Z", model: "lab\u001b]0;evil\u0007\r\nfeigned,line", input: 1, output: 1);
        var path = Path.Join(ledger.Directory, "config.yaml");
        await File.WriteAllTextAsync(path, "auth-dir: ./auths\nstate-dir: .\n");

        foreach (var form in (string[][])[[], ["--csv", "--by", "model"], ["--json"]])
        {
            var (code, text, _) = await RunAsync(path, ["--since", "2025-12-01", .. form]);
            code.ShouldBe(ExitCodes.Done);
            text.ShouldNotContain("\u001b", customMessage: text);
            text.ShouldNotContain("\u0007", customMessage: text);
            text.Split('\n').ShouldNotContain(l => l.StartsWith("feigned", StringComparison.Ordinal), text);
        }
    }

    [Fact]
    public async Task Narrow_terminal_shows_names_and_figures_whole_and_says_what_is_missing()
    {
        using var ledger = new LedgerFile();
        ledger.Add("2025-12-30T10:00:00Z", model: "claude-sonnet-4-5-20250929", input: 1_234_567, output: 1);
        using var file = UsageFile.TryOpen(ledger.Directory);
        var from = DateTimeOffset.Parse("2025-12-01Z", System.Globalization.CultureInfo.InvariantCulture);
        var report = UsageReporter.Answer(file, new UsageQuestion { From = from, To = from.AddDays(60), Zone = TimeZoneInfo.Utc, By = [UsageBy.Model] }, PriceTable.Default, []);
        using var writer = new StringWriter();

        UsagePicture.Write(report, writer, TimeZoneInfo.Utc, most: 50, width: 80);

        var text = writer.ToString();
        text.Split('\n').Where(l => !l.Contains(' ', StringComparison.Ordinal) || l.Contains("MODEL", StringComparison.Ordinal)).ShouldAllBe(l => l.Length <= 80, text);
        text.ShouldContain("claude-sonnet-4-5-20250929");
        text.ShouldContain("1.2 M");
        text.ShouldContain("Left out for want of room:");
        text.ShouldContain("FIRST BYTE");
    }

    [Theory]
    [InlineData("--until 2025-01-01 --since 2025-02-01", "before --since")]
    [InlineData("--json --csv", "choose one")]
    [InlineData("--by planet", "day, account, model, session, client")]
    public async Task What_makes_no_report_is_told_in_words(string options, string expected)
    {
        using var ledger = new LedgerFile();
        var path = Path.Join(ledger.Directory, "config.yaml");
        await File.WriteAllTextAsync(path, "auth-dir: ./auths\nstate-dir: .\n");

        var (code, text, errors) = await RunAsync(path, options.Split(' '));

        (code, text.Trim()).ShouldBe((ExitCodes.Failed, string.Empty));
        errors.ShouldContain(expected);
        errors.ShouldNotContain("Proxy.Host.Usage");
    }

    [Theory]
    [InlineData("--since", "soon")]
    [InlineData("--until", "2026-02-31")]
    [InlineData("--by", "planet")]
    public async Task A_wrong_option_is_explained(string option, string value)
    {
        using var ledger = new LedgerFile();
        var path = Path.Join(ledger.Directory, "config.yaml");
        await File.WriteAllTextAsync(path, "auth-dir: ./auths\nstate-dir: .\n");
        var (code, _, errors) = await RunAsync(path, option, value);
        code.ShouldNotBe(ExitCodes.Done);
        errors.ShouldContain(value);
    }

    [Fact]
    public async Task Nothing_recorded_and_nothing_readable_are_told_apart()
    {
        using var ledger = new LedgerFile();
        var path = Path.Join(ledger.Directory, "config.yaml");
        await File.WriteAllTextAsync(path, "auth-dir: ./auths\nstate-dir: ./empty\n");
        var (code, text, errors) = await RunAsync(path, "--json");
        code.ShouldBe(ExitCodes.Done);
        ((int)JsonNode.Parse(text)!["total"]!["requests"]!).ShouldBe(0);
        errors.ShouldContain("Nothing is recorded yet");

        await File.WriteAllTextAsync(path, "auth-dir: ./auths\nstate-dir: .\n");
        await File.WriteAllTextAsync(Path.Join(ledger.Directory, "ledger.db"), new string('x', 5000));
        (code, text, errors) = await RunAsync(path);
        (code, text).ShouldBe((ExitCodes.Failed, string.Empty));
        errors.ShouldContain("ledger.db can't be read");
    }

    private static Task WrittenAsync(HostFixture host, int rows) => host.UntilTreeAsync(tree => (int)tree["ledger"]!["written"]! >= rows);

    private static async Task<(int Code, string Out, string Error)> RunAsync(string configuration, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var directory = Path.GetDirectoryName(configuration)!;
        var time = arguments.Contains("--json") || configuration.Contains("cpa-host-", StringComparison.Ordinal) ? TimeProviders.Real : new ManualTimeProvider();
        var context = new CommandContext(time, RealEngine.StartAsync, new DefaultPlaces(directory, directory, directory)) { Out = output, Error = error };
        var code = await ProxyCommand.InvokeAsync(["usage", "--config", configuration, .. arguments], context);
        return (code, output.ToString(), error.ToString());
    }
}
