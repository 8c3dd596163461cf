using Proxy.Actors.Configuration;
using Xunit.Abstractions;

namespace Proxy.Actors.Tests.Simulation;

/// <summary>The month of <see cref="Month"/> with every strategy (issue 3, "Bars"). The figures stand in the test's output.</summary>
public sealed class MonthSpecs(ITestOutputHelper output)
{
    private const int Seed = 20260101;

    [Fact]
    public void Thirty_days_at_85_percent_break_no_promise_with_any_strategy_and_soonest_reset_loses_least()
    {
        var reports = StrategyNames.All.ToDictionary(s => s, s => Live(s));

        foreach (var report in reports.Values)
        {
            report.Violations.ShouldBeEmpty(report.Strategy);
            report.Requests.ShouldBeGreaterThan(5000);
            report.StickyTurns.ShouldBeGreaterThan(report.Requests / 2);
            report.Refusals.ShouldBeGreaterThan(0);
            report.Refreshes.ShouldBeGreaterThan(6 * 30 * 2);
            (report.Served + report.AllOut).ShouldBe(report.Requests);
        }

        // The month is hard enough to show both: moments when nobody could serve, and probes in them.
        reports.Values.Sum(r => r.AllOut).ShouldBeGreaterThan(0);
        reports.Values.Sum(r => r.Probes).ShouldBeGreaterThan(0);
        reports[StrategyNames.SoonestReset].Unused.ShouldBeLessThanOrEqualTo(0.8 * reports[StrategyNames.RoundRobin].Unused);
    }

    [Fact]
    public void The_same_seed_lives_the_same_days_to_the_last_event()
    {
        var first = Live(StrategyNames.SoonestReset, days: 5);

        first.Requests.ShouldBeGreaterThan(1000);
        Live(StrategyNames.SoonestReset, days: 5).Digest.ShouldBe(first.Digest);
        Live(StrategyNames.FillFirst, days: 5).Digest.ShouldNotBe(first.Digest);
    }

    private MonthReport Live(string strategy, int days = Month.Days)
    {
        using var month = new Month(strategy, Seed, days);
        var report = month.Live();
        output.WriteLine(report.ToString());
        foreach (var violation in report.Violations)
        {
            output.WriteLine($"  {violation}");
        }

        return report;
    }
}
