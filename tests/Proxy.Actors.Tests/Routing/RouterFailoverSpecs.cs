using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

public sealed class RouterFailoverSpecs : RouterFixture
{
    private readonly AccountSnapshot _first = Given.Snapshot("claude-1");
    private readonly AccountSnapshot _second = Given.Snapshot("claude-2");

    [Fact]
    public void Quota_failover_ends_on_the_other_account_after_two_acquires_without_a_wait()
    {
        Add(_first);
        Add(_second);
        var ticket = Begin();
        var use = Serve(_first);
        use.Attempt.ShouldBe(1);

        var reset = Given.Start + TimeSpan.FromHours(2);
        FailAttempt(use.Lease, Given.Outcome(FailureClass.QuotaExhausted, reset), _first.Out(IneligibilityKind.QuotaExhausted, reset, Given.Start));
        var other = Serve(_second);

        other.Attempt.ShouldBe(2);
        other.Lease.Account.ShouldBe(_second.Id);
        State().Tickets.ShouldHaveSingleItem().Attempts.Count.ShouldBe(2);
        Accounts["claude-1"].Waiting.ShouldBe(0);
        Accounts["claude-2"].Waiting.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
        End(ticket);
    }

    [Fact]
    public void Choice_that_waits_for_its_pace_costs_its_account_no_second_turn()
    {
        Add(_first);
        Add(_second);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Transient));
        FailAttempt(Serve(_second).Lease, Given.Outcome(FailureClass.Transient));
        Pass(1.9);
        State().Parked.ShouldBe(1);
        Pass(0.1);

        Serve(_first).Attempt.ShouldBe(3);
        Begin();
        Serve(_second).Attempt.ShouldBe(1);
    }

    [Fact]
    public void After_its_reset_the_account_is_used_again_and_not_before()
    {
        Add(_first);
        Add(_second);
        var reset = Given.Start + TimeSpan.FromHours(2);
        Tell(_first.Out(IneligibilityKind.QuotaExhausted, reset, Given.Start));

        for (var i = 0; i < 4; i++)
        {
            Begin();
            Serve(_second);
        }

        Time.Advance(TimeSpan.FromHours(2));
        Begin();
        Begin();
        State();
        Accounts["claude-1"].Expect<AccountCommands.Acquire>();
        Accounts["claude-2"].Expect<AccountCommands.Acquire>();
    }
}
