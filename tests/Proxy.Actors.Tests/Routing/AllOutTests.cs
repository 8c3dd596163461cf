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

        message.ShouldContain("label of claude-1: made-up QuotaExhausted (for 2 h 0 min, until 2026-01-01 02:00:00 UTC)");
        message.ShouldContain("label of claude-2: made-up LoginNeeded");
        message.ShouldNotContain("codex-1");
    }

    [Fact]
    public void Message_names_those_that_are_back_first_and_counts_the_others()
    {
        var message = Answer(
        [
            .. Enumerable.Range(0, 400).Select(i => Given.Snapshot($"claude-{i:000}").Out(IneligibilityKind.QuotaExhausted, Given.Start.AddMinutes(500 - i))),
            .. Enumerable.Range(400, 100).Select(i => Given.Snapshot($"claude-{i:000}").Out(IneligibilityKind.LoginNeeded) with { Label = new string('x', 64) }),
        ]).Error.Message;

        message.ShouldContain("label of claude-399: ");
        message.IndexOf("claude-399", StringComparison.Ordinal).ShouldBeLessThan(message.IndexOf("claude-398", StringComparison.Ordinal));
        message.ShouldContain("; and 488 more: 388 without quota, 100 that need a login.");
        message.Length.ShouldBeLessThanOrEqualTo(2048);
        message.ShouldNotContain("claude-100");
    }

    [Fact]
    public void Message_stays_under_its_limit_with_long_labels_and_reasons()
    {
        var accounts = Enumerable.Range(0, 13).Select(i => Given.Snapshot($"claude-{i:000}") with
        {
            Label = new string('l', 64),
            Blocked = new Ineligibility(IneligibilityKind.Broken, Given.Start.AddYears(1), new string('r', 239) + "😀 more"),
        });

        var message = Answer([.. accounts]).Error.Message;

        message.Length.ShouldBeLessThanOrEqualTo(13 * 400);
        message.Any(char.IsSurrogate).ShouldBeFalse();
    }

    [Theory]
    [InlineData("claude", true, "accounts login claude", "--claude-login")]
    [InlineData("codex", true, "accounts login codex", "--codex-login")]
    [InlineData("claude", false, "API key", "config.yaml")]
    public void Login_that_is_needed_comes_with_the_command_that_mends_it(string provider, bool isLogin, string command, string other)
    {
        var message = Answer([Given.Snapshot($"{provider}-1").Out(IneligibilityKind.LoginNeeded) with { IsSubscription = isLogin }]).Error.Message;

        message.ShouldContain(command);
        message.ShouldContain(other);
        message.Contains("accounts login", StringComparison.Ordinal).ShouldBe(isLogin);
    }

    [Fact]
    public void Accounts_that_failed_a_moment_ago_are_a_503_with_their_wait_and_no_limit()
    {
        var answer = Answer([Given.Snapshot("claude-1").Out(IneligibilityKind.Failing, Given.Start.AddSeconds(40)), Given.Snapshot("claude-2").Out(IneligibilityKind.LoginNeeded)]);

        (answer.Error.Status, answer.RetryAfter, answer.TellNotToRetry).ShouldBe((503, 40, false));
        answer.Error.Message.ShouldEndWith(" Please try again in 40s.");
        Answer([Given.Snapshot("claude-1").Out(IneligibilityKind.Failing, Given.Start.AddMinutes(10))]).RetryAfter.ShouldBe(60);
    }

    [Fact]
    public void Account_that_this_request_may_not_try_any_more_does_not_lend_it_the_others_reset()
    {
        var answer = Answer([Given.Snapshot("claude-1").Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(2)), Given.Snapshot("claude-2")], last: FailureClass.QuotaExhausted, until: Given.Start.AddHours(2));

        (answer.Error.Status, answer.RetryAfter).ShouldBe((429, 1));
        answer.Error.Message.ShouldContain("label of claude-2: not tried");
    }

    [Fact]
    public void Error_that_a_rule_stops_at_is_passed_on_as_the_requests()
    {
        var ticket = Given.Ticket();
        var attempt = Given.Attempt("claude-1");
        attempt.End(new AttemptOutcome(Given.Failure(FailureClass.QuotaExhausted, Given.Start.AddHours(1)) with { Status = 429, Ruling = FailureRuling.Stop }, Committed: false, Cancelled: false), Given.Start);
        ticket.Attempts.Add(attempt);

        var answer = AllOut.Answer(ticket, [Given.Snapshot("claude-1"), Given.Snapshot("claude-2")], Given.Start);

        (answer.Error.Status, answer.Error.Message).ShouldBe((429, "made-up QuotaExhausted"));
        answer.TellNotToRetry.ShouldBeFalse();
    }

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
    public void Network_that_fails_is_told_with_where_for_whom_and_how_often()
    {
        var ticket = Given.Ticket();
        ticket.Attempts.Add(Given.Attempt("claude-1", FailureClass.Network));
        ticket.Attempts.Add(Given.Attempt("claude-2", FailureClass.Network));

        var answer = AllOut.Answer(ticket, [Given.Snapshot("claude-1"), Given.Snapshot("claude-2")], Given.Start);

        (answer.Error.Status, answer.Error.Message).ShouldBe((502, "made-up Network (upstream.example, account claude-2, tried 2 times)"));
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
