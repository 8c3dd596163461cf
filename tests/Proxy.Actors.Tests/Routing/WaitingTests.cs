using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;

namespace Proxy.Actors.Tests.Routing;

public sealed class WaitingTests
{
    [Theory]
    [InlineData(IneligibilityKind.Busy, null, 120)]
    [InlineData(IneligibilityKind.Refreshing, null, 120)]
    [InlineData(IneligibilityKind.Restarting, null, 120)]
    [InlineData(IneligibilityKind.Busy, 7, 7)]
    [InlineData(IneligibilityKind.CoolingDown, 30, 30)]
    [InlineData(IneligibilityKind.CoolingDown, 31, null)]
    [InlineData(IneligibilityKind.QuotaExhausted, 20, 20)]
    [InlineData(IneligibilityKind.QuotaExhausted, 7200, null)]
    [InlineData(IneligibilityKind.QuotaExhausted, null, null)]
    [InlineData(IneligibilityKind.LoginNeeded, null, null)]
    [InlineData(IneligibilityKind.Paused, null, null)]
    public void Waiting_is_worth_it_for_what_passes_soon(IneligibilityKind kind, int? untilSeconds, int? dueSeconds)
    {
        DateTimeOffset? until = untilSeconds is { } seconds ? Given.Start.AddSeconds(seconds) : null;

        Waiting.Until(Given.Ticket(), [Given.Snapshot("claude-1").Out(kind, until)], Given.Start)
            .ShouldBe(dueSeconds is { } due ? Given.Start.AddSeconds(due) : null);
    }

    [Fact]
    public void Soonest_of_all_counts_and_other_models_do_not()
    {
        AccountSnapshot[] accounts =
        [
            Given.Snapshot("claude-1").Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(20)),
            Given.Snapshot("claude-2").Out(IneligibilityKind.Busy, Given.Start.AddSeconds(9)),
            Given.Snapshot("claude-3", models: ["another"]).Out(IneligibilityKind.Busy, Given.Start.AddSeconds(1)),
        ];

        Waiting.Until(Given.Ticket(), accounts, Given.Start).ShouldBe(Given.Start.AddSeconds(9));
    }

    [Fact]
    public void Nothing_is_waited_for_beyond_the_deadline()
    {
        var ticket = Given.Ticket(deadline: Given.Start.AddSeconds(15));

        Waiting.Until(ticket, [Given.Snapshot("claude-1").Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(20))], Given.Start).ShouldBeNull();
        Waiting.Until(ticket, [Given.Snapshot("claude-1").Out(IneligibilityKind.Busy)], Given.Start).ShouldBe(Given.Start.AddSeconds(15));
        Waiting.Until(ticket, [Given.Snapshot("claude-1").Out(IneligibilityKind.Busy)], Given.Start.AddSeconds(15)).ShouldBeNull();
    }

    [Fact]
    public void Own_refusal_counts_like_the_accounts_state()
    {
        var ticket = Given.Ticket();
        var account = Given.Snapshot("claude-1");
        ticket.Refuse(new Refusal(account.Id, new Ineligibility(IneligibilityKind.Busy, null, "busy"), null));

        Waiting.Until(ticket, [account], Given.Start).ShouldBe(Given.Start.AddSeconds(120));
    }
}
