using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

public sealed class RouterWaitingSpecs : RouterFixture
{
    private readonly AccountSnapshot _only = Given.Snapshot("claude-1");

    protected override RoutingOptions Options => new() { MaxParked = 2000 };

    [Fact]
    public void Parked_ticket_wakes_when_its_account_is_free()
    {
        Add(_only.Out(IneligibilityKind.Busy));
        Begin();
        State().Parked.ShouldBe(1);

        Tell(_only);

        Serve(_only).Attempt.ShouldBe(1);
        State().Parked.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Parked_ticket_wakes_when_a_short_cooldown_ends()
    {
        Add(_only.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(20)));
        Begin();
        State().Parked.ShouldBe(1);

        Time.Advance(TimeSpan.FromSeconds(19));
        State().Parked.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(1));

        Serve(_only).Attempt.ShouldBe(1);
    }

    [Fact]
    public void Parked_ticket_is_answered_when_its_wait_is_over()
    {
        Add(_only.Out(IneligibilityKind.Busy));
        Begin();
        State().Parked.ShouldBe(1);

        Time.Advance(TimeSpan.FromSeconds(120));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(503);
        State().Parked.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Parked_ticket_is_answered_at_once_when_its_account_goes_away()
    {
        Add(_only.Out(IneligibilityKind.Busy));
        Begin();

        Directory.Remove(_only.Id);
        System.Stop(Accounts["claude-1"].Ref);

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Code.ShouldBe("no_accounts");
    }

    [Fact]
    public void Client_that_leaves_while_parked_is_forgotten()
    {
        Add(_only.Out(IneligibilityKind.Busy));
        End(Begin());

        State().Tickets.ShouldBeEmpty();
        State().Parked.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Long_outage_is_answered_at_once()
    {
        Add(_only.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(2), Given.Start));
        Begin();

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(429);
        State().Parked.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Woken_crowd_is_served_one_by_one_without_losing_anybody()
    {
        var account = Add(_only.Out(IneligibilityKind.Busy));
        var tickets = Enumerable.Range(0, 50).Select(_ => Begin()).ToArray();
        State().Parked.ShouldBe(50);
        Tell(_only);

        // Granted leases wake the next tickets: nobody stays behind though no snapshot follows.
        tickets.Select(_ => Serve(_only).Lease.Ticket).ShouldBe(tickets, ignoreOrder: true);
        account.Waiting.ShouldBe(0);
        State().Parked.ShouldBe(0);
    }

    [Fact]
    public void Refusals_of_all_park_the_ticket_and_it_asks_nobody_meanwhile()
    {
        var account = Add(_only);
        var ticket = Begin();
        account.Expect<AccountCommands.Acquire>();
        Refuse(_only.Out(IneligibilityKind.Busy), ticket);

        State().Parked.ShouldBe(1);
        account.Waiting.ShouldBe(0);
        Tell(_only);
        Serve(_only);
    }

    [Fact]
    public void Refusal_that_contradicts_itself_does_not_spin()
    {
        var account = Add(_only);
        var ticket = Begin();
        account.Expect<AccountCommands.Acquire>();
        Router.Tell(new AccountEvents.Refused(_only.Id, ticket, new Ineligibility(IneligibilityKind.Busy, Given.Start, "busy until now"), _only), account.Ref);

        State().Parked.ShouldBe(1);
        account.Waiting.ShouldBe(0);
        Time.Advance(TimeSpan.FromSeconds(1));
        account.Expect<AccountCommands.Acquire>();
    }

    [Fact]
    public void Headerless_429_is_tried_once_more_on_the_same_account_at_its_pace()
    {
        var account = Add(_only);
        Add(Given.Snapshot("claude-2"));
        Begin();
        FailAttempt(Serve(_only).Lease, Given.Outcome(FailureClass.Throttled));

        State().Parked.ShouldBe(1);
        account.Waiting.ShouldBe(0);
        Time.Advance(TimeSpan.FromSeconds(1));

        Serve(_only).Attempt.ShouldBe(2);
    }

    [Fact]
    public void Passing_failure_of_the_only_account_is_tried_again_after_a_pause_until_the_budget_is_used()
    {
        Add(_only);
        Begin();
        var use = Serve(_only);
        foreach (var pause in new[] { 1, 2, 4 })
        {
            FailAttempt(use.Lease, Given.Outcome(FailureClass.Truncated));
            State().Parked.ShouldBe(1);
            Accounts["claude-1"].Waiting.ShouldBe(0);
            Time.Advance(TimeSpan.FromSeconds(pause));
            use = Serve(_only);
        }

        use.Attempt.ShouldBe(4);
        FailAttempt(use.Lease, Given.Outcome(FailureClass.Truncated));
        Relay.Expect<RouterAnswers.Fail>().Failure.LastFailure!.Class.ShouldBe(FailureClass.Truncated);
    }

    [Fact]
    public void Fault63_flood_of_ten_thousand_requests_parks_no_more_than_the_limit()
    {
        Add(_only.Out(IneligibilityKind.Busy));
        var tickets = Enumerable.Range(0, 10_000).Select(_ => Begin()).ToArray();

        State().Parked.ShouldBe(2000);
        for (var i = 0; i < 8000; i++)
        {
            Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(503);
        }

        Array.ForEach(tickets, End);
        State().Tickets.ShouldBeEmpty();
        State().Parked.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Account_that_is_back_in_a_moment_is_waited_for_and_no_other_is_probed_meanwhile()
    {
        var second = Given.Snapshot("claude-2").Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(3), Given.Start.AddHours(-1));
        Add(_only.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(10)));
        var probed = Add(second);
        Begin();

        State().Parked.ShouldBe(1);
        probed.Waiting.ShouldBe(0);
        Time.Advance(TimeSpan.FromSeconds(10));
        Serve(_only);
        probed.Waiting.ShouldBe(0);

        Tell(_only.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(4), Given.Start));
        Begin();
        probed.Expect<AccountCommands.Acquire>().Purpose.ShouldBe(Purpose.Probe);
    }
}
