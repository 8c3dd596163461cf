using Proxy.Actors.Ledger;
using Proxy.Host.Usage;
using Proxy.Protocol.Models;

namespace Proxy.Host.Tests.Usage;

public sealed class UsageReporterTests : IDisposable
{
    private static readonly TimeZoneInfo East = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(9), "east", "east");
    private readonly LedgerFile _ledger = new();

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public void Days_are_those_of_the_owner()
    {
        _ledger.Add("2026-11-01T14:59:59Z", input: 1, output: 1);
        _ledger.Add("2026-11-01T15:00:00Z", input: 2, output: 2);
        _ledger.Add("2026-11-02T14:59:59Z", input: 4, output: 4);
        var lines = Ask(UsageBy.Day).Tables.ShouldHaveSingleItem().Lines;
        lines.Select(l => (l.Key, l.Requests, l.UncachedInput)).ShouldBe([("2026-11-01", 1, 1), ("2026-11-02", 2, 6)]);
    }

    [Fact]
    public void Tokens_price_and_cache_ratio_are_sums_over_the_attempts()
    {
        _ledger.Add("2026-11-01T10:00:00Z", input: 100_000, read: 800_000, write: 100_000, writeLong: 40_000, output: 50_000, session: "s1", client: "claude-cli", key: "k");
        _ledger.Add("2026-11-01T10:01:00Z", input: 0, read: 1_000_000, write: 0, output: 10_000, session: "s1", client: "claude-cli", key: "k");
        var line = Ask(UsageBy.Session).Tables[0].Lines.ShouldHaveSingleItem();

        line.Key.ShouldBe("s1");
        (line.UncachedInput, line.CacheRead, line.CacheWrite, line.Output).ShouldBe((100_000, 1_800_000, 100_000, 60_000));
        line.CacheHitRatio.ShouldBe(0.9);
        line.ApiPrice.ShouldBe((0.1m * 3) + (1.8m * 0.3m) + (0.06m * 3.75m) + (0.04m * 6) + (0.06m * 15));
        line.IsPricePartial.ShouldBeFalse();
        (line.First, line.Last).ShouldBe((DateTimeOffset.Parse("2026-11-01T10:00:00Z"), DateTimeOffset.Parse("2026-11-01T10:01:00Z")));
        Ask(UsageBy.Client).Tables[0].Lines.ShouldHaveSingleItem().CacheHitRatio.ShouldBe(0.9);
    }

    [Fact]
    public void Failures_and_retries_are_attempts_of_one_request()
    {
        _ledger.Add("2026-11-01T10:00:00Z", failure: "RateLimited", total: 60_000);
        _ledger.Add("2026-11-01T10:00:01Z", attempt: 2, account: "codex-0a1b2c3d", model: "gpt-5.4", failure: "Overloaded", total: 60_000);
        _ledger.Add("2026-11-01T10:00:02Z", attempt: 3, failure: "RateLimited", total: 60_000);
        _ledger.Add("2026-11-01T10:00:03Z", attempt: 4, input: 5, output: 5, first: 300, total: 700);
        _ledger.Add("2026-11-01T10:00:04Z", cancelled: true, total: 60_000);
        _ledger.Add("2026-11-01T10:00:05Z", purpose: "CountTokens", total: 60_000);
        var report = Ask(UsageBy.Account);

        (report.Total.Requests, report.Total.Attempts, report.Total.Failed, report.Total.Cancelled, report.Total.TokenCounts).ShouldBe((2, 5, 3, 1, 1));
        report.Failures.ShouldBe([new FailureCount("RateLimited", 2), new FailureCount("Overloaded", 1)]);
        (report.Total.FirstByteMs, report.Total.TotalMs).ShouldBe((new Percentiles(300, 300), new Percentiles(700, 700)), "only what went well counts as a time");
        report.Tables[0].Lines.Select(l => (l.Key, l.Name, l.Attempts)).ShouldBe([("claude-0a1b2c3d", "c…@sandbox.example (claude-0a1b2c3d)", 4), ("codex-0a1b2c3d", "work (codex-0a1b2c3d)", 1)]);
    }

    [Fact]
    public void Percentiles_are_times_that_were_measured()
    {
        for (var i = 1; i <= 100; i++)
        {
            _ledger.Add("2026-11-01T10:00:00Z", output: 1, first: i, total: i * 10);
        }

        var total = Ask().Total;
        (total.FirstByteMs, total.TotalMs).ShouldBe((new Percentiles(50, 95), new Percentiles(500, 950)));
    }

    [Fact]
    public void A_model_without_price_is_named_and_no_zero_is_pretended()
    {
        _ledger.Add("2026-11-01T10:00:00Z", model: "lab-large", input: 10, output: 10);
        _ledger.Add("2026-11-01T10:00:00Z", model: "lab-failed", failure: "Network");
        var report = Ask(UsageBy.Model);
        report.Unpriced.ShouldBe(["lab-large"]);
        report.Tables[0].Lines.Select(l => (l.Key, l.ApiPrice)).ShouldBe([("lab-failed", 0m), ("lab-large", null)], ignoreOrder: true);
        (report.Total.ApiPrice, report.Total.IsPricePartial).ShouldBe((null, false));

        _ledger.Add("2026-11-01T10:00:00Z", input: 1_000_000, output: 0);
        (Ask().Total.ApiPrice, Ask().Total.IsPricePartial).ShouldBe((3m, true));
    }

    [Fact]
    public void Client_keys_are_known_by_their_place_in_the_configuration_and_never_shown()
    {
        using var file = UsageFile.TryOpen(_ledger.Directory).ShouldNotBeNull();
        var known = file.DigestOfKey("made-up-second-key").ShouldNotBeNull();
        _ledger.Add("2026-11-01T10:00:00Z", client: "codex_cli_rs", key: known);
        _ledger.Add("2026-11-01T10:00:00Z", client: "codex_cli_rs", key: "89abcdef");
        _ledger.Add("2026-11-01T10:00:00Z");
        var lines = Ask(["made-up-first-key", "made-up-second-key"], UsageBy.Client).Tables[0].Lines;
        lines.Select(l => l.Name).ShouldBe(["codex_cli_rs (key 2)", "codex_cli_rs (89abcdef)", "unknown"], ignoreOrder: true);
    }

    [Fact]
    public void Span_account_and_model_narrow_the_report()
    {
        _ledger.Add("2026-10-31T14:59:59Z", output: 1);
        _ledger.Add("2026-11-01T10:00:00Z", output: 2);
        _ledger.Add("2026-11-01T10:00:00Z", account: "codex-0a1b2c3d", model: "gpt-5.4", output: 4);
        _ledger.Add("2026-11-30T15:00:00Z", output: 8);

        Ask().Total.Output.ShouldBe(6);
        Ask(q => q with { Account = "WORK" }).Total.Output.ShouldBe(4);
        Ask(q => q with { Account = "claude-0a1b2c3d" }).Total.Output.ShouldBe(2);
        Ask(q => q with { Account = "nobody" }).Total.Output.ShouldBe(0);
        Ask(q => q with { Model = "GPT" }).Total.Output.ShouldBe(4);
    }

    [Fact]
    public void No_ledger_is_an_empty_report()
    {
        var report = UsageReporter.Answer(null, Question([UsageBy.Day]), PriceTable.Default, []);
        (report.Total.Requests, report.Total.CacheHitRatio, report.Total.FirstByteMs).ShouldBe((0, null, null));
        report.Tables.ShouldHaveSingleItem().Lines.ShouldBeEmpty();
    }

    private static UsageQuestion Question(IReadOnlyList<UsageBy> by) =>
        new() { From = DateTimeOffset.Parse("2026-11-01T00:00:00+09:00"), To = DateTimeOffset.Parse("2026-12-01T00:00:00+09:00"), Zone = East, By = by };

    private UsageReport Ask(params UsageBy[] by) => Ask([], by);

    private UsageReport Ask(string[] keys, params UsageBy[] by)
    {
        using var file = UsageFile.TryOpen(_ledger.Directory);
        return UsageReporter.Answer(file, Question(by), PriceTable.Default, keys);
    }

    private UsageReport Ask(Func<UsageQuestion, UsageQuestion> change)
    {
        using var file = UsageFile.TryOpen(_ledger.Directory);
        return UsageReporter.Answer(file, change(Question([])), PriceTable.Default, []);
    }
}
