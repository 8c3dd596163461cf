using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary><c>request-retry</c>, <c>max-retry-interval</c> and <c>max-retry-credentials</c>, of all and of one credential.</summary>
public sealed class RetrySettingsSpecs : RouterFixture
{
    private readonly AccountSnapshot _first = Given.Snapshot("claude-1");
    private readonly AccountSnapshot _second = Given.Snapshot("claude-2");
    private readonly AccountSnapshot _third = Given.Snapshot("claude-3");

    [Fact]
    public void No_extra_rounds_still_try_each_account_once()
    {
        Add(_first);
        Add(_second);
        Begin(With(o => o with { RequestRetry = 0 }));
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Truncated));
        FailAttempt(Serve(_second).Lease, Given.Outcome(FailureClass.Truncated));

        Relay.Expect<RouterAnswers.Fail>().Failure.LastFailure!.Class.ShouldBe(FailureClass.Truncated);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Paced_retry_on_the_same_account_is_an_extra_round_too()
    {
        Add(_first);
        Add(_second);
        Begin(With(o => o with { RequestRetry = 0 }));
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Throttled));

        Serve(_second).Attempt.ShouldBe(2);
    }

    [Fact]
    public void Credential_that_asks_for_no_retry_is_not_come_back_to_and_the_others_are()
    {
        Add(_first with { RequestRetry = 0 });
        Add(_second);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Truncated));
        var use = Serve(_second);
        for (var attempt = 3; attempt <= 5; attempt++)
        {
            FailAttempt(use.Lease, Given.Outcome(FailureClass.Truncated));
            Pass(8);
            use = Serve(_second);
            use.Attempt.ShouldBe(attempt);
        }

        FailAttempt(use.Lease, Given.Outcome(FailureClass.Truncated));
        Relay.Expect<RouterAnswers.Fail>();
        Accounts["claude-1"].Waiting.ShouldBe(0);
    }

    [Fact]
    public void Credential_that_asks_for_retries_gets_them_though_the_others_have_none()
    {
        Add(_first with { RequestRetry = 2 });
        Begin(With(o => o with { RequestRetry = 0 }));
        var use = Serve(_first);
        for (var attempt = 2; attempt <= 3; attempt++)
        {
            FailAttempt(use.Lease, Given.Outcome(FailureClass.Truncated));
            Pass(8);
            use = Serve(_first);
            use.Attempt.ShouldBe(attempt);
        }

        FailAttempt(use.Lease, Given.Outcome(FailureClass.Truncated));
        Relay.Expect<RouterAnswers.Fail>();
    }

    [Fact]
    public void No_more_than_the_told_number_of_accounts_is_tried()
    {
        Add(_first);
        Add(_second);
        Add(_third);
        Begin(With(o => o with { MaxRetryCredentials = 2, RequestRetry = 1 }));
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Truncated));
        FailAttempt(Serve(_second).Lease, Given.Outcome(FailureClass.Truncated));
        Pass(2);
        FailAttempt(ServeAny(_first, _second).Lease, Given.Outcome(FailureClass.Truncated));

        Relay.Expect<RouterAnswers.Fail>();
        Accounts["claude-3"].Waiting.ShouldBe(0);
    }

    [Fact]
    public void Accounts_beyond_the_told_number_are_neither_waited_for_nor_probed()
    {
        Add(_first);
        Add(_second.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(5)));
        Add(_third.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(2), Given.Start.AddHours(-1)));
        Begin(With(o => o with { MaxRetryCredentials = 1 }));
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.QuotaExhausted, Given.Start.AddHours(1)), _first.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(1), Given.Start));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(429);
        State().Parked.ShouldBe(0);
        Accounts["claude-3"].Waiting.ShouldBe(0);
    }

    [Fact]
    public void Without_waits_nothing_is_parked_for_a_cooldown()
    {
        Add(_first.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(1)));
        Begin(With(o => o with { MaxRetryInterval = TimeSpan.Zero }));

        Relay.Expect<RouterAnswers.Fail>().Failure.RetryAfter.ShouldBe(1);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Without_waits_immediate_rounds_go_on_until_the_budget_is_used()
    {
        Add(_first);
        Begin(With(o => o with { MaxRetryInterval = TimeSpan.Zero }));
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var use = Serve(_first);
            use.Attempt.ShouldBe(attempt);
            FailAttempt(use.Lease, Given.Outcome(attempt % 2 == 0 ? FailureClass.Throttled : FailureClass.Overloaded));
        }

        Relay.Expect<RouterAnswers.Fail>();
        Time.ArmedTimers.ShouldBe(0);
    }

    [Theory]
    [InlineData(FailureRuling.Stop, false)]
    [InlineData(FailureRuling.StopAndCooldown, false)]
    [InlineData(FailureRuling.Continue, true)]
    [InlineData(FailureRuling.ContinueAndCooldown, true)]
    public void Rule_of_the_owner_says_whether_another_account_is_tried(FailureRuling ruling, bool goesOn)
    {
        Add(_first);
        Add(_second);
        Begin();
        var lease = Serve(_first).Lease;
        FailAttempt(lease, new AttemptOutcome(Given.Failure(goesOn ? FailureClass.Request : FailureClass.QuotaExhausted) with { Ruling = ruling }, Committed: false, Cancelled: false));

        if (goesOn)
        {
            Serve(_second).Attempt.ShouldBe(2);
        }
        else
        {
            Relay.Expect<RouterAnswers.Fail>().Failure.Error.Message.ShouldBe("made-up QuotaExhausted");
        }
    }

    private static RoutingFacts With(Func<RoutingOptions, RoutingOptions> change) => Given.Facts(routing: change(new RoutingOptions()));
}
