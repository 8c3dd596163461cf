using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary>Faults 9 to 12, 17, 56 and 61 as the router takes them, on virtual time.</summary>
public sealed class RouterFaultSpecs : RouterFixture
{
    private readonly AccountSnapshot _first = Given.Snapshot("claude-1");
    private readonly AccountSnapshot _second = Given.Snapshot("claude-2");

    [Fact]
    public void Fault9_expired_token_is_tried_again_on_the_same_account_behind_its_refresh()
    {
        Add(_first);
        Add(_second);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Unauthorized), _first.Out(IneligibilityKind.Refreshing));

        Serve(_first).Attempt.ShouldBe(2);
        Accounts["claude-2"].Waiting.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Fault10_revoked_login_sends_the_request_on_at_once()
    {
        Add(_first);
        Add(_second);
        var ticket = Begin();
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Unauthorized), _first.Out(IneligibilityKind.Refreshing));
        Accounts["claude-1"].Expect<AccountCommands.Acquire>();
        Refuse(_first.Out(IneligibilityKind.LoginNeeded), ticket);

        Serve(_second).Attempt.ShouldBe(2);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Theory]
    [InlineData(FailureClass.Forbidden, IneligibilityKind.Forbidden, 1800)]
    [InlineData(FailureClass.Challenge, IneligibilityKind.Failing, 10)]
    public void Fault11_and_Fault12_move_on_at_once_and_keep_off_until_the_account_is_back(FailureClass kind, IneligibilityKind reason, int seconds)
    {
        Add(_first);
        Add(_second);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Outcome(kind), _first.Out(reason, Given.Start.AddSeconds(seconds)));
        Serve(_second).Attempt.ShouldBe(2);
        Time.ArmedTimers.ShouldBe(0);

        Pass(seconds - 1);
        Begin();
        Serve(_second);
        Begin();
        Serve(_second);
        Pass(1);
        Begin();
        Serve(_first);
    }

    [Fact]
    public void Fault17_429_without_headers_is_paced_once_on_its_account_and_then_moves_on()
    {
        Add(_first);
        Add(_second);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Throttled));
        Pass(0.9);
        State().Parked.ShouldBe(1);
        Pass(0.1);

        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Throttled));

        Serve(_second).Attempt.ShouldBe(3);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, 61, 61, true)]
    [InlineData(Dialect.OpenAIChat, 61, 61, true)]
    [InlineData(Dialect.OpenAIResponses, 61, null, false)]
    [InlineData(Dialect.AnthropicMessages, 60, 60, false)]
    [InlineData(Dialect.OpenAIChat, 60, 60, false)]
    [InlineData(Dialect.OpenAIResponses, 60, 60, false)]
    public void Fault56_all_out_is_answered_at_once_by_the_soonest_reset(Dialect dialect, int seconds, int? retryAfter, bool tellNotToRetry)
    {
        Add(_first.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddSeconds(seconds), Given.Start));
        Add(_second.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddDays(5), Given.Start));
        Add(Given.Snapshot("claude-3").Out(IneligibilityKind.LoginNeeded));
        Begin(Given.Facts(dialect: dialect));

        var failure = Relay.Expect<RouterAnswers.Fail>().Failure;

        (failure.Error.Status, failure.RetryAfter, failure.TellNotToRetry).ShouldBe((429, retryAfter, tellNotToRetry));
        failure.Error.ResetsAt.ShouldBe(retryAfter is null ? Given.Start.AddSeconds(seconds) : null);
        foreach (var account in Accounts.Keys)
        {
            failure.Error.Message.ShouldContain($"label of {account}: ");
            Accounts[account].Waiting.ShouldBe(0);
        }

        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Fault56_soonest_of_all_kinds_of_waits_counts_and_is_waited_for_if_it_is_short()
    {
        Add(_first.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(2), Given.Start));
        Add(_second.Out(IneligibilityKind.Failing, Given.Start.AddSeconds(20)));
        Begin();
        State().Parked.ShouldBe(1);
        Pass(20);

        Serve(_second).Attempt.ShouldBe(1);
    }

    [Fact]
    public void Fault61_bound_conversation_leaves_its_exhausted_account_without_a_wait_and_comes_not_back()
    {
        Add(_first);
        Add(_second);
        var facts = Given.Facts(session: "key session");
        End(ServeAndEnd(facts, _first));
        Begin(facts);
        var reset = Given.Start.AddHours(1);
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.QuotaExhausted, reset), _first.Out(IneligibilityKind.QuotaExhausted, reset, Given.Start));
        var moved = Serve(_second);
        moved.Attempt.ShouldBe(2);
        End(Succeed(moved.Lease));

        for (var minutes = 0; minutes < 120; minutes += 30)
        {
            End(ServeAndEnd(facts, _second));
            Pass(30 * 60);
        }

        Accounts["claude-1"].Waiting.ShouldBe(0);
    }

    [Fact]
    public void Fault61_bound_account_that_is_exhausted_is_not_waited_for_while_another_serves()
    {
        Add(_first);
        Add(_second);
        var facts = Given.Facts(session: "key session");
        End(ServeAndEnd(facts, _first));
        Tell(_first.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddSeconds(5), Given.Start));

        Begin(facts);

        Serve(_second).Attempt.ShouldBe(1);
        State().Parked.ShouldBe(0);
    }

    private TicketId ServeAndEnd(RoutingFacts facts, AccountSnapshot account)
    {
        Begin(facts);
        return Succeed(Serve(account).Lease);
    }

    private TicketId Succeed(Lease lease)
    {
        Router.Tell(new AccountEvents.AttemptEnded(lease.Account, lease.Ticket, lease.Id, AttemptOutcome.Success), Accounts[lease.Account.Value].Ref);
        return lease.Ticket;
    }
}
