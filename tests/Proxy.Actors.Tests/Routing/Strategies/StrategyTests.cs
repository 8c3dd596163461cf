using FsCheck.Fluent;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Routing.Strategies;

namespace Proxy.Actors.Tests.Routing.Strategies;

public sealed class StrategyTests
{
    private readonly StrategySet _strategies = new();

    private static AccountSnapshot[] Accounts(params int[] weights) =>
        [.. weights.Select((w, i) => Given.Snapshot($"claude-{i + 1}") with { Weight = w, IsSubscription = true })];

    private string Choose(string strategy, AccountSnapshot[] accounts) => _strategies.Named(strategy).Choose(accounts, Given.Model, Given.Start).Id.Value;

    [Fact]
    public void Fill_first_keeps_to_the_first_until_it_is_out()
    {
        var accounts = Accounts(1, 1, 1);

        Enumerable.Range(0, 5).Select(_ => Choose(StrategyNames.FillFirst, accounts)).ShouldAllBe(c => c == "claude-1");
        Choose(StrategyNames.FillFirst, accounts[1..]).ShouldBe("claude-2");
    }

    [Fact]
    public void Weighted_turns_are_spread_evenly()
    {
        var accounts = Accounts(5, 1, 1);

        Enumerable.Range(0, 7).Select(_ => Choose(StrategyNames.WeightedRoundRobin, accounts))
            .ShouldBe(["claude-1", "claude-1", "claude-2", "claude-1", "claude-3", "claude-1", "claude-1"]);
    }

    [Fact]
    public void Any_weights_give_each_account_exactly_its_turns_in_every_cycle()
    {
        var weights = Gen.Choose(1, 20).ArrayOf().Where(w => w.Length is > 0 and < 9);
        FsCheck.Check.One(FsCheck.Config.QuickThrowOnFailure, Prop.ForAll(weights.ToArbitrary(), given =>
        {
            var accounts = Accounts(given);
            var strategy = new WeightedRoundRobin(new WeightedTurns());
            var total = given.Sum();
            for (var cycle = 0; cycle < 3; cycle++)
            {
                var turns = Enumerable.Range(0, total).Select(_ => strategy.Choose(accounts, Given.Model, Given.Start).Id).CountBy(id => id).ToDictionary();
                accounts.ShouldAllBe(a => turns[a.Id] == a.Weight);
            }
        }));
    }

    [Fact]
    public void An_account_that_was_out_for_long_does_not_get_all_turns_when_it_is_back()
    {
        var accounts = Accounts(1, 1);
        for (var i = 0; i < 1000; i++)
        {
            Choose(StrategyNames.WeightedRoundRobin, accounts[..1]);
        }

        Enumerable.Range(0, 4).Count(_ => Choose(StrategyNames.WeightedRoundRobin, accounts) == "claude-2").ShouldBe(2);
    }

    [Fact]
    public void Weights_of_a_million_do_not_overflow()
    {
        var accounts = Accounts(1_000_000, 1_000_000, 1);

        Enumerable.Range(0, 3000).Count(_ => Choose(StrategyNames.WeightedRoundRobin, accounts) == "claude-1").ShouldBeInRange(1499, 1501);
    }

    [Theory]
    [InlineData(StrategyNames.RoundRobin)]
    [InlineData(StrategyNames.FillFirst)]
    [InlineData(StrategyNames.WeightedRoundRobin)]
    [InlineData(StrategyNames.SoonestReset)]
    public void A_choice_allocates_nothing(string name)
    {
        var accounts = Accounts(3, 2, 1);
        var strategy = _strategies.Named(name);
        for (var i = 0; i < 100; i++)
        {
            strategy.Choose(accounts, Given.Model, Given.Start);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            strategy.Choose(accounts, Given.Model, Given.Start);
        }

        // A thousand choices that allocated even one object each would have cost 24,000 bytes; the runtime's own may come in between.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    [Fact]
    public void Every_name_that_configuration_accepts_has_a_strategy()
    {
        StrategyNames.All.Select(_strategies.Named).Distinct().Count().ShouldBe(4);
        Should.Throw<ArgumentOutOfRangeException>(() => _strategies.Named("dice"));
    }
}
