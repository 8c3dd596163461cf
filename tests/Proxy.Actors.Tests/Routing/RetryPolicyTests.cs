using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;
using static Proxy.Protocol.Failures.FailureClass;

namespace Proxy.Actors.Tests.Routing;

public sealed class RetryPolicyTests
{
    private static RetryDecision Decide(Attempt[] attempts, bool sticky = false, RoutingOptions? options = null, int accounts = 3) =>
        RetryPolicy.Decide(attempts, new RetryTerms(options ?? new RoutingOptions(), accounts, (options ?? new RoutingOptions()).RequestRetry, sticky, Given.Start.AddMinutes(60)), Given.Start);

    /// <summary>Attempts as <c>account:class</c>, the last one just ended; the step that follows and its pause in seconds.</summary>
    [Theory]
    [InlineData("a:Request", "GiveUp")]
    [InlineData("a:IdentityRefused", "GiveUp")]
    [InlineData("a:QuotaExhausted", "Other")]
    [InlineData("a:QuotaExhausted b:QuotaExhausted", "Other")]
    [InlineData("a:Forbidden", "Other")]
    [InlineData("a:Challenge", "Other")]
    [InlineData("a:ModelUnavailable", "Other")]
    [InlineData("a:Transient", "Other")]
    [InlineData("a:Network", "Other")]
    [InlineData("a:Truncated", "Other")]
    [InlineData("a:Unauthorized", "Same")]
    [InlineData("a:Unauthorized a:Unauthorized", "Other")]
    [InlineData("a:Unauthorized b:Unauthorized", "Same")]
    [InlineData("a:Throttled", "Same", 1)]
    [InlineData("a:Throttled a:Throttled", "Other")]
    [InlineData("a:Throttled a:Throttled b:Throttled", "Same", 1)]
    [InlineData("a:RateLimited", "Same", 1)] // no time told: like a 429 that says nothing
    [InlineData("a:Overloaded", "Same", 1)]
    [InlineData("a:Overloaded a:Overloaded", "Other", 2)]
    [InlineData("a:Overloaded a:Overloaded b:Overloaded", "GiveUp")]
    [InlineData("a:ForeignReasoning", "Same")]
    [InlineData("a:ForeignReasoning a:ForeignReasoning", "GiveUp")]
    public void Each_class_has_its_next_step(string history, string step, int pause = 0)
    {
        var decision = Decide([.. history.Split(' ').Select(h => Given.Attempt(h.Split(':')[0], Enum.Parse<FailureClass>(h.Split(':')[1])))]);

        decision.Step.ToString().ShouldBe(step);
        decision.NotBefore.ShouldBe(pause == 0 ? null : Given.Start.AddSeconds(pause));
    }

    /// <summary>One account, no extra rounds: a refreshed token and a stripped request are owed their one retry all the same.</summary>
    [Theory]
    [InlineData("a:Unauthorized", "Same")]
    [InlineData("a:Unauthorized a:Unauthorized", "GiveUp")]
    [InlineData("a:Unauthorized a:Transient", "GiveUp")]
    [InlineData("a:ForeignReasoning", "Same")]
    [InlineData("a:ForeignReasoning a:ForeignReasoning", "GiveUp")]
    [InlineData("a:Unauthorized a:ForeignReasoning", "Same")]
    [InlineData("a:Transient", "GiveUp")]
    public void Retry_that_mends_its_cause_is_not_eaten_by_the_budget(string history, string step)
    {
        var decision = Decide(
            [.. history.Split(' ').Select(h => Given.Attempt(h.Split(':')[0], Enum.Parse<FailureClass>(h.Split(':')[1])))],
            options: new RoutingOptions { RequestRetry = 0 }, accounts: 1);

        decision.Step.ToString().ShouldBe(step);
    }

    [Fact]
    public void Mended_attempts_count_against_the_hard_limit() =>
        Decide([.. Enumerable.Range(0, 8).Select(i => Given.Attempt($"a{i}", Unauthorized))], accounts: 20).Step.ShouldBe(RetryStep.GiveUp);

    [Fact]
    public void Foreign_reasoning_is_stripped()
    {
        Decide([Given.Attempt("a", ForeignReasoning)]).StripReasoning.ShouldBeTrue();
        Decide([Given.Attempt("a", Network)]).StripReasoning.ShouldBeFalse();
    }

    [Theory]
    [InlineData(true, 9, "Same")]
    [InlineData(true, 10, "Same")]
    [InlineData(true, 11, "Other")]
    [InlineData(false, 3, "Other")]
    public void Rate_limit_is_waited_for_by_a_session_if_it_is_short_else_one_hop(bool sticky, int seconds, string step)
    {
        var until = Given.Start.AddSeconds(seconds);

        var decision = Decide([Given.Attempt("a", RateLimited, until)], sticky);

        decision.Step.ToString().ShouldBe(step);
        decision.NotBefore.ShouldBe(step == "Same" ? until : null);
    }

    [Theory]
    [InlineData(5, "Same")]
    [InlineData(30, "Other")] // rather than fail
    public void Rate_limit_after_a_hop_is_waited_for_before_a_second_hop(int seconds, string step) =>
        Decide([Given.Attempt("a", RateLimited, Given.Start.AddSeconds(30)), Given.Attempt("b", RateLimited, Given.Start.AddSeconds(seconds))])
            .Step.ToString().ShouldBe(step);

    [Fact]
    public void Rate_limit_is_waited_for_once_per_account()
    {
        var until = Given.Start.AddSeconds(5);
        Decide([Given.Attempt("a", RateLimited, until), Given.Attempt("a", RateLimited, until)], sticky: true).Step.ShouldBe(RetryStep.Other);
        Decide([Given.Attempt("a", RateLimited, until), Given.Attempt("a", RateLimited, until), Given.Attempt("b", RateLimited, until)], sticky: true).Step.ShouldBe(RetryStep.Same);
    }

    [Fact]
    public void Overload_that_names_a_short_time_is_paced_by_it()
    {
        Decide([Given.Attempt("a", Overloaded, Given.Start.AddSeconds(7))]).NotBefore.ShouldBe(Given.Start.AddSeconds(7));
        Decide([Given.Attempt("a", Overloaded, Given.Start.AddSeconds(70))]).NotBefore.ShouldBe(Given.Start.AddSeconds(1));
    }

    [Fact]
    public void Nothing_is_retried_after_commit_nor_for_a_client_that_left()
    {
        foreach (var @class in Enum.GetValues<FailureClass>())
        {
            foreach (var outcome in new[] { Given.Outcome(@class, committed: true), Given.Outcome(@class) with { Cancelled = true } })
            {
                var attempt = Given.Attempt("a");
                attempt.End(outcome, Given.Start);
                Decide([attempt]).Step.ShouldBe(RetryStep.GiveUp, $"{@class}");
            }
        }

        var served = Given.Attempt("a");
        served.End(AttemptOutcome.Success, Given.Start);
        Decide([served]).Step.ShouldBe(RetryStep.GiveUp);
    }

    [Fact]
    public void Account_that_went_away_is_replaced()
    {
        var attempt = Given.Attempt("a");
        attempt.End(null, Given.Start);

        Decide([attempt]).Step.ShouldBe(RetryStep.Other);
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 0, 2)] // no extra round still rotates
    [InlineData(2, 3, 5)]
    [InlineData(6, 3, 8)]
    [InlineData(0, 0, 1)]
    public void Budget_is_accounts_and_extra_rounds_up_to_eight(int accounts, int retry, int budget)
    {
        var options = new RoutingOptions { RequestRetry = retry };
        var attempts = Enumerable.Range(0, budget).Select(i => Given.Attempt($"a{i}", Network)).ToArray();

        RetryPolicy.Budget(options, accounts, options.RequestRetry).ShouldBe(budget);
        Decide(attempts, options: options, accounts: accounts).Step.ShouldBe(RetryStep.GiveUp);
        if (budget > 1)
        {
            Decide(attempts[1..], options: options, accounts: accounts).Step.ShouldBe(RetryStep.Other);
        }
    }

    [Fact]
    public void Deadline_ends_all_retries()
    {
        var terms = new RetryTerms(new RoutingOptions(), 3, 3, IsSticky: false, Given.Start);

        RetryPolicy.Decide([Given.Attempt("a", Network)], terms, Given.Start).Step.ShouldBe(RetryStep.GiveUp);
    }
}
