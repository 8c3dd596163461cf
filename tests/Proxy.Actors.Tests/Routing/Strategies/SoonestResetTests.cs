using Proxy.Actors.Accounts;
using Proxy.Actors.Routing.Strategies;

namespace Proxy.Actors.Tests.Routing.Strategies;

public sealed class SoonestResetTests
{
    private readonly SoonestReset _strategy = new(new RecentPlacements());

    private static AccountSnapshot Account(int number, double weekly = 0, double resetInDays = 7, double brief = 0, double briefInHours = 2.5) =>
        Given.Snapshot($"claude-{number}") with
        {
            IsSubscription = true,
            Outlook = new QuotaOutlook(
                new WindowOutlook(weekly, Given.Start.AddDays(resetInDays), Given.Start),
                new WindowOutlook(brief, Given.Start.AddHours(briefInHours), Given.Start)),
        };

    private static AccountSnapshot Unread(int number) => Given.Snapshot($"claude-{number}") with { IsSubscription = true };

    private string Choose(params AccountSnapshot[] accounts) => Choose(0, accounts);

    private string Choose(double hour, params AccountSnapshot[] accounts) => _strategy.Choose(accounts, Given.Model, Given.Start.AddHours(hour)).Id.Value;

    [Fact]
    public void The_week_that_ends_first_is_spent_first() =>
        Choose(Account(1, 0.1, 5), Account(2, 0.6, 1), Account(3, 0, 3)).ShouldBe("claude-2");

    [Fact]
    public void Reserve_is_left_to_the_conversations_that_are_there()
    {
        Choose(Account(1, 0.95, 2), Account(2, 0.5, 6)).ShouldBe("claude-2");
        Choose(Account(1, 0.94, 2), Account(2, 0.5, 6)).ShouldBe("claude-1");
    }

    [Fact]
    public void Reserve_shrinks_on_the_last_day()
    {
        Choose(Account(1, 0.96, 0.5), Account(2, 0.5, 6)).ShouldBe("claude-1");
        Choose(Account(1, 0.98, 0.5), Account(2, 0.5, 6)).ShouldBe("claude-2");
        Choose(Account(1, 0.99, 0.1), Account(2, 0.5, 6)).ShouldBe("claude-1");
    }

    [Fact]
    public void All_in_reserve_spend_the_one_that_has_most_left() =>
        Choose(Account(1, 0.99, 2), Account(2, 0.96, 6)).ShouldBe("claude-2");

    [Theory]
    [InlineData(0.4, 2.5, "claude-1")]
    [InlineData(0.45, 2.5, "claude-2")]
    [InlineData(0.8, 0.1, "claude-1")]
    [InlineData(0.88, 0.1, "claude-2")]
    [InlineData(0.22, 4.9, "claude-2")]
    [InlineData(0.2, 4.9, "claude-1")]
    public void Account_on_its_way_to_the_five_hour_wall_gets_no_new_conversation_while_another_is_idle(double used, double hoursLeft, string chosen) =>
        Choose(Account(1, 0.2, 1, used, hoursLeft), Account(2, 0, 6)).ShouldBe(chosen);

    [Fact]
    public void All_on_their_way_to_the_wall_spend_the_slowest() =>
        Choose(Account(1, 0.2, 1, 0.9), Account(2, 0, 6, 0.6)).ShouldBe("claude-2");

    [Fact]
    public void Twenty_that_wake_up_at_once_are_spread_before_any_reading_shows_them()
    {
        AccountSnapshot[] accounts = [Account(1, 0, 1), Account(2, 0, 2), Account(3, 0, 3)];

        var placed = Enumerable.Range(0, 20).Select(_ => Choose(accounts)).CountBy(id => id).ToDictionary();

        placed["claude-1"].ShouldBe(9);
        placed["claude-2"].ShouldBe(9);
        placed["claude-3"].ShouldBe(2);
        Choose(2, accounts).ShouldBe("claude-1"); // two hours later the readings would show them
    }

    [Fact]
    public void Login_without_a_reading_is_given_one_conversation_that_tells()
    {
        AccountSnapshot[] accounts = [Account(1, 0, 1), Unread(2), Unread(3)];

        Choose(accounts).ShouldBe("claude-2");
        Choose(accounts).ShouldBe("claude-3");
        Choose(accounts).ShouldBe("claude-1");
        Choose(accounts).ShouldBe("claude-1");
        Choose(1, accounts).ShouldBe("claude-2"); // it still has not told
    }

    [Fact]
    public void Logins_that_none_has_told_take_turns()
    {
        AccountSnapshot[] accounts = [Unread(1), Unread(2), Unread(3)];

        Enumerable.Range(0, 9).Select(_ => Choose(accounts)).CountBy(id => id).ShouldAllBe(c => c.Value == 3);
    }

    [Fact]
    public void Api_keys_lose_nothing_and_come_last_in_turns()
    {
        AccountSnapshot[] keys = [Given.Snapshot("lab-1"), Given.Snapshot("lab-2")];

        Choose([Account(1, 0.99, 3), .. keys]).ShouldBe("claude-1");
        Enumerable.Range(0, 4).Select(_ => Choose(keys)).ShouldBe(["lab-1", "lab-2", "lab-1", "lab-2"]);
    }

    [Fact]
    public void Week_that_has_passed_began_anew()
    {
        Choose(Account(1, 1.0, -1), Account(2, 0.5, 5)).ShouldBe("claude-2"); // six days left against five
        Choose(Account(1, 1.0, -3), Account(2, 0.5, 5)).ShouldBe("claude-1"); // four
        Choose(Account(1, 1.0, -10), Account(2, 0.5, 5)).ShouldBe("claude-1"); // two weeks on: four again
    }
}
