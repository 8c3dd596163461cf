using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

public sealed class AllOutTests
{
    private static RoutingFailure Answer(AccountSnapshot[] accounts, Dialect dialect = Dialect.AnthropicMessages, FailureClass? last = null, DateTimeOffset? until = null)
    {
        var ticket = Given.Ticket(Given.Facts(dialect: dialect));
        if (last is { } @class)
        {
            ticket.Attempts.Add(Given.Attempt("claude-1", @class, until));
        }

        return AllOut.Answer(ticket, accounts, Given.Start);
    }

    private static AccountSnapshot[] OutFor(double seconds) =>
    [
        Given.Snapshot("claude-1").Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(9)),
        Given.Snapshot("claude-2").Out(IneligibilityKind.QuotaExhausted, Given.Start.AddSeconds(seconds)),
    ];

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public void Short_wait_is_a_429_with_whole_seconds(Dialect dialect)
    {
        var answer = Answer(OutFor(41.2), dialect);

        answer.Error.Status.ShouldBe(429);
        answer.RetryAfter.ShouldBe(42);
        answer.TellNotToRetry.ShouldBeFalse();
        answer.Error.Type.ShouldBeNull();
    }

    [Fact]
    public void Long_wait_is_a_usage_limit_without_retry_after_for_Responses()
    {
        var answer = Answer(OutFor(7200), Dialect.OpenAIResponses);

        answer.Error.Status.ShouldBe(429);
        answer.Error.Type.ShouldBe("usage_limit_reached");
        answer.Error.ResetsAt.ShouldBe(Given.Start.AddHours(2));
        answer.Error.ResetsInSeconds.ShouldBe(7200);
        answer.RetryAfter.ShouldBeNull();
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    public void Long_wait_tells_others_not_to_retry(Dialect dialect)
    {
        var answer = Answer(OutFor(7200), dialect);

        answer.Error.Status.ShouldBe(429);
        answer.RetryAfter.ShouldBe(7200);
        answer.TellNotToRetry.ShouldBeTrue();
    }

    [Fact]
    public void Message_names_each_account_by_label_with_its_reason()
    {
        var message = Answer(
        [
            Given.Snapshot("claude-1").Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(2)),
            Given.Snapshot("claude-2").Out(IneligibilityKind.LoginNeeded),
            Given.Snapshot("codex-1", models: ["another"]),
        ]).Error.Message;

        message.ShouldContain("label of claude-1: made-up QuotaExhausted (until 2026-01-01 02:00:00 UTC)");
        message.ShouldContain("label of claude-2: made-up LoginNeeded");
        message.ShouldNotContain("codex-1");
    }

    [Fact]
    public void Message_stays_under_its_limit_with_many_accounts() =>
        Answer([.. Enumerable.Range(0, 500).Select(i => Given.Snapshot($"claude-{i:000}").Out(IneligibilityKind.QuotaExhausted))]).Error.Message.Length.ShouldBeLessThanOrEqualTo(2048);

    [Theory]
    [InlineData(IneligibilityKind.LoginNeeded)]
    [InlineData(IneligibilityKind.Forbidden)]
    [InlineData(IneligibilityKind.Paused)]
    [InlineData(IneligibilityKind.Broken)]
    public void What_time_does_not_mend_is_a_503_that_says_not_to_retry(IneligibilityKind kind)
    {
        var answer = Answer([Given.Snapshot("claude-1").Out(kind)]);

        answer.Error.Status.ShouldBe(503);
        answer.TellNotToRetry.ShouldBeTrue();
        answer.RetryAfter.ShouldBeNull();
    }

    [Fact]
    public void Upstreams_401_becomes_a_503_never_a_401()
    {
        var answer = Answer([Given.Snapshot("claude-1").Out(IneligibilityKind.LoginNeeded)], last: FailureClass.Unauthorized);

        answer.Error.Status.ShouldBe(503);
        answer.LastFailure!.Class.ShouldBe(FailureClass.Unauthorized);
    }

    [Fact]
    public void Busy_accounts_are_a_503_with_a_short_wait()
    {
        var answer = Answer([Given.Snapshot("claude-1").Out(IneligibilityKind.Busy)]);

        answer.Error.Status.ShouldBe(503);
        answer.RetryAfter.ShouldBe(5);
        answer.TellNotToRetry.ShouldBeFalse();
    }

    [Fact]
    public void Unknown_model_is_a_404_with_its_code()
    {
        var answer = Answer([Given.Snapshot("claude-1", models: ["another"])]);

        (answer.Error.Status, answer.Error.Code, answer.Error.Parameter).ShouldBe((404, "model_not_found", "model"));
        answer.Error.Message.ShouldContain(Given.Model);
    }

    [Fact]
    public void No_accounts_says_how_to_add_one()
    {
        var answer = Answer([]);

        answer.Error.Status.ShouldBe(503);
        answer.TellNotToRetry.ShouldBeTrue();
        answer.Error.Message.ShouldContain("/made-up/auth");
    }

    [Theory]
    [InlineData(FailureClass.Network)]
    [InlineData(FailureClass.Challenge)]
    [InlineData(FailureClass.Overloaded)]
    [InlineData(FailureClass.Transient)]
    [InlineData(FailureClass.Request)]
    public void Failure_that_is_not_an_accounts_speaks_for_itself(FailureClass @class)
    {
        var answer = Answer([Given.Snapshot("claude-1"), Given.Snapshot("claude-2").Out(IneligibilityKind.QuotaExhausted)], last: @class);

        answer.Error.ShouldBe(ErrorBody.For(Given.Failure(@class), Dialect.AnthropicMessages));
        answer.LastFailure!.Class.ShouldBe(@class);
    }

    [Fact]
    public void Limits_after_the_last_attempt_are_told_with_the_soonest_reset()
    {
        var answer = Answer(OutFor(30), last: FailureClass.QuotaExhausted);

        answer.Error.Status.ShouldBe(429);
        answer.RetryAfter.ShouldBe(30);
    }

    [Fact]
    public void Model_that_no_account_has_is_a_404_that_names_it()
    {
        var answer = Answer([Given.Snapshot("claude-1").OutFor(Given.Model, IneligibilityKind.ModelUnavailable, Given.Start.AddHours(12))], last: FailureClass.ModelUnavailable);

        (answer.Error.Status, answer.Error.Code).ShouldBe((404, "model_not_found"));
        answer.Error.Message.ShouldContain(Given.Model);
    }
}
