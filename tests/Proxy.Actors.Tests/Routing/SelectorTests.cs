using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Routing;
using Proxy.Actors.Routing.Strategies;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

public sealed class SelectorTests
{
    private readonly StrategySet _strategies = new();
    private readonly OverloadStates _overloads = new();

    private string? Choose(Ticket ticket, AccountSnapshot[] accounts, string? bound = null, DateTimeOffset? now = null) =>
        Selector.Choose(ticket, accounts, bound is null ? null : new AccountId(bound), _overloads, _strategies, now ?? Given.Start)?.Account.Id.Value;

    [Fact]
    public void Eligible_accounts_take_turns()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1"), Given.Snapshot("claude-2"), Given.Snapshot("claude-3")];

        Enumerable.Range(0, 7).Select(_ => Choose(Given.Ticket(), accounts))
            .ShouldBe(["claude-1", "claude-2", "claude-3", "claude-1", "claude-2", "claude-3", "claude-1"]);
    }

    [Fact]
    public void Turns_go_on_fairly_when_an_account_drops_out()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1"), Given.Snapshot("claude-2"), Given.Snapshot("claude-3")];
        Choose(Given.Ticket(), accounts).ShouldBe("claude-1");
        accounts[1] = accounts[1].Out(IneligibilityKind.QuotaExhausted);

        Choose(Given.Ticket(), accounts).ShouldBe("claude-3");
        Choose(Given.Ticket(), accounts).ShouldBe("claude-1");
        Choose(Given.Ticket(), accounts).ShouldBe("claude-3");
    }

    [Fact]
    public void Compaction_goes_to_chatgpt_accounts_alone()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1") with { Priority = 9 }, Given.Snapshot("lab-1", Protocol.Dialects.UpstreamKind.Compatible), Given.Snapshot("codex-1", Protocol.Dialects.UpstreamKind.Codex)];

        Choose(Given.Ticket(Given.Facts()), accounts).ShouldBe("claude-1");
        for (var i = 0; i < 3; i++)
        {
            Choose(Given.Ticket(Given.Facts() with { Purpose = Purpose.Compact }), accounts).ShouldBe("codex-1");
        }

        accounts[2] = accounts[2].Out(IneligibilityKind.QuotaExhausted);
        Choose(Given.Ticket(Given.Facts() with { Purpose = Purpose.Compact }), accounts).ShouldBeNull();
    }

    [Fact]
    public void Models_have_turns_of_their_own()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1", models: ["a", "b"]), Given.Snapshot("claude-2", models: ["a", "b"])];

        Choose(Given.Ticket(Given.Facts(model: "a")), accounts).ShouldBe("claude-1");
        Choose(Given.Ticket(Given.Facts(model: "b")), accounts).ShouldBe("claude-1");
        Choose(Given.Ticket(Given.Facts(model: "a")), accounts).ShouldBe("claude-2");
    }

    [Fact]
    public void Higher_priority_is_served_first_while_it_can()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1"), Given.Snapshot("claude-2") with { Priority = 5 }, Given.Snapshot("claude-3") with { Priority = 5 }];

        Enumerable.Range(0, 3).Select(_ => Choose(Given.Ticket(), accounts)).ShouldBe(["claude-2", "claude-3", "claude-2"]);

        accounts[1] = accounts[1].Out(IneligibilityKind.CoolingDown, Given.Start.AddMinutes(1));
        accounts[2] = accounts[2].Out(IneligibilityKind.CoolingDown, Given.Start.AddMinutes(1));
        Choose(Given.Ticket(), accounts).ShouldBe("claude-1");
        Choose(Given.Ticket(), accounts, now: Given.Start.AddMinutes(1)).ShouldBe("claude-2");
    }

    [Fact]
    public void Session_keeps_its_account_whatever_the_priorities()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1"), Given.Snapshot("claude-2") with { Priority = 5 }];

        Choose(Given.Ticket(), accounts, bound: "claude-1").ShouldBe("claude-1");
        accounts[0] = accounts[0].Out(IneligibilityKind.QuotaExhausted);
        Choose(Given.Ticket(), accounts, bound: "claude-1").ShouldBe("claude-2");
    }

    [Fact]
    public void Preferred_account_comes_before_the_sessions_own()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1"), Given.Snapshot("claude-2")];
        var facts = Given.Facts() with { Preferred = new AccountId("claude-2") };

        Choose(Given.Ticket(facts), accounts, bound: "claude-1").ShouldBe("claude-2");
    }

    [Theory]
    [InlineData(IneligibilityKind.QuotaExhausted)]
    [InlineData(IneligibilityKind.LoginNeeded)]
    [InlineData(IneligibilityKind.Paused)]
    [InlineData(IneligibilityKind.Broken)]
    [InlineData(IneligibilityKind.Refreshing)]
    public void Blocked_account_is_chosen_on_no_path(IneligibilityKind kind)
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1").Out(kind)];
        var facts = Given.Facts() with { Preferred = new AccountId("claude-1") };

        Choose(Given.Ticket(facts), accounts, bound: "claude-1").ShouldBeNull();
    }

    [Fact]
    public void Block_of_one_model_leaves_the_others()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1", models: ["a", "b"]).OutFor("a", IneligibilityKind.QuotaExhausted)];

        Choose(Given.Ticket(Given.Facts(model: "a")), accounts).ShouldBeNull();
        Choose(Given.Ticket(Given.Facts(model: "b")), accounts).ShouldBe("claude-1");
    }

    [Fact]
    public void Accounts_tried_before_come_after_fresh_ones()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1"), Given.Snapshot("claude-2")];
        var ticket = Given.Ticket();
        ticket.Attempts.Add(Given.Attempt("claude-1", FailureClass.Transient));

        Choose(ticket, accounts, bound: "claude-1").ShouldBe("claude-2");
        ticket.Attempts.Add(Given.Attempt("claude-2", FailureClass.Transient));
        Choose(ticket, accounts).ShouldBe("claude-1");
    }

    [Fact]
    public void Retry_on_the_same_account_waits_behind_its_refresh_and_goes_elsewhere_when_login_is_needed()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1").Out(IneligibilityKind.Refreshing), Given.Snapshot("claude-2")];
        var ticket = Given.Ticket();
        ticket.Attempts.Add(Given.Attempt("claude-1", FailureClass.Unauthorized));
        ticket.Pinned = new AccountId("claude-1");

        Choose(ticket, accounts).ShouldBe("claude-1");
        accounts[0] = accounts[0].Out(IneligibilityKind.LoginNeeded);
        Choose(ticket, accounts).ShouldBe("claude-2");
    }

    [Fact]
    public void Account_that_refused_this_ticket_is_left_alone_until_its_time()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1")];
        var ticket = Given.Ticket();
        ticket.Refuse(new Refusal(accounts[0].Id, new Ineligibility(IneligibilityKind.Busy, null, "busy"), Given.Start.AddSeconds(3)));

        Choose(ticket, accounts).ShouldBeNull();
        Choose(ticket, accounts, now: Given.Start.AddSeconds(3)).ShouldBe("claude-1");
    }

    [Fact]
    public void Provider_without_capacity_comes_last()
    {
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1"), Given.Snapshot("other-1")];
        _overloads.Note("claude", Given.Model, Given.Start);

        Choose(Given.Ticket(), accounts).ShouldBe("other-1");
        Choose(Given.Ticket(), accounts).ShouldBe("other-1");
        Choose(Given.Ticket(), [accounts[0]]).ShouldBe("claude-1");
    }

    [Fact]
    public void Probe_goes_to_the_oldest_blocking_reading_of_over_fifteen_minutes()
    {
        var until = Given.Start.AddHours(5);
        AccountSnapshot[] accounts =
        [
            Given.Snapshot("claude-1").Out(IneligibilityKind.QuotaExhausted, until, Given.Start.AddMinutes(-16)),
            Given.Snapshot("claude-2").Out(IneligibilityKind.QuotaExhausted, until, Given.Start.AddMinutes(-20)),
            Given.Snapshot("claude-3").Out(IneligibilityKind.QuotaExhausted, until, Given.Start.AddMinutes(-14)),
            Given.Snapshot("claude-4").Out(IneligibilityKind.LoginNeeded, null, Given.Start.AddMinutes(-60)),
        ];

        Selector.ChooseProbe(Given.Ticket(), accounts, Given.Start)?.Id.Value.ShouldBe("claude-2");
        Selector.ChooseProbe(Given.Ticket(), accounts[2..], Given.Start).ShouldBeNull();
        Selector.ChooseProbe(Given.Ticket(Given.Facts() with { Purpose = Purpose.CountTokens }), accounts, Given.Start).ShouldBeNull();
    }

    [Fact]
    public void Weight_zero_takes_no_new_conversation_and_keeps_its_own()
    {
        var routing = new RoutingOptions { Strategy = StrategyNames.WeightedRoundRobin };
        AccountSnapshot[] accounts = [Given.Snapshot("claude-1") with { Weight = 0 }, Given.Snapshot("claude-2")];

        Enumerable.Range(0, 4).Select(_ => Choose(Given.Ticket(Given.Facts(routing: routing)), accounts)).ShouldAllBe(c => c == "claude-2");
        var own = Given.Ticket(Given.Facts(routing: routing));
        own.Home = accounts[0].Id;
        Choose(own, accounts, bound: "claude-1").ShouldBe("claude-1");

        accounts[1] = accounts[1].Out(IneligibilityKind.Paused);
        var ticket = Given.Ticket(Given.Facts(routing: routing));
        Choose(ticket, accounts).ShouldBeNull();
        ticket.WhyNot(accounts[0], Given.Start)!.Reason.ShouldContain("weight 0");
        Choose(Given.Ticket(), accounts).ShouldBe("claude-1"); // weights are of that strategy alone
    }

    [Theory]
    [InlineData(0, 0.99, 0, "claude-1")]
    [InlineData(90, 0.89, 0.5, "claude-1")]
    [InlineData(90, 0.9, 0, "claude-2")]
    [InlineData(90, 0, 0.95, "claude-2")]
    public void New_conversations_leave_an_account_above_the_pressure_limit_alone_while_another_is_below(int limit, double weekly, double brief, string chosen)
    {
        var routing = new RoutingOptions { Strategy = StrategyNames.FillFirst, PressureLimit = limit };
        AccountSnapshot[] accounts = [Pressed("claude-1", weekly, brief), Pressed("claude-2", 0.1, 0.1)];

        Choose(Given.Ticket(Given.Facts(routing: routing)), accounts).ShouldBe(chosen);
        Choose(Given.Ticket(Given.Facts(routing: routing)), accounts, bound: "claude-1").ShouldBe("claude-1");
        Choose(Given.Ticket(Given.Facts(routing: routing)), accounts[..1]).ShouldBe("claude-1");
        Choose(Given.Ticket(Given.Facts(routing: routing)), [accounts[0] with { Priority = 1 }, accounts[1]]).ShouldBe("claude-1");
        Choose(Given.Ticket(Given.Facts(routing: routing)), accounts, now: Given.Start.AddDays(8)).ShouldBe("claude-1"); // its windows began anew
    }

    private static AccountSnapshot Pressed(string id, double weekly, double brief) => Given.Snapshot(id) with
    {
        Outlook = new QuotaOutlook(
            new WindowOutlook(weekly, Given.Start.AddDays(7), Given.Start),
            new WindowOutlook(brief, Given.Start.AddHours(5), Given.Start)),
    };
}
