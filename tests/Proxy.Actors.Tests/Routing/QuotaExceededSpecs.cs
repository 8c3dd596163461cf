using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary><c>quota-exceeded</c> and <c>model-fallbacks</c>: what becomes of a request whose model is out of quota.</summary>
public sealed class QuotaExceededSpecs : RouterFixture
{
    private const string Opus = Given.Model;
    private const string Sonnet = "claude-made-up-2";
    private const string Gpt = "gpt-made-up-3";

    private static readonly DateTimeOffset Reset = Given.Start.AddHours(2);

    private readonly AccountSnapshot _claude = Given.Snapshot("claude-1", UpstreamKind.Claude, null, Opus, Sonnet);
    private readonly AccountSnapshot _codex = Given.Snapshot("codex-1", UpstreamKind.Codex, null, Gpt);

    [Fact]
    public void Model_without_quota_falls_back_to_the_next_of_its_list()
    {
        Add(_claude.OutFor(Opus, IneligibilityKind.QuotaExhausted, Reset));
        Add(_codex);

        Begin(Asks());

        Asked(_claude).Model.ShouldBe(Sonnet);
    }

    [Fact]
    public void Account_without_quota_makes_a_model_of_another_provider_serve()
    {
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Add(_codex);

        Begin(Asks());

        Asked(_codex).Model.ShouldBe(Gpt);
    }

    [Fact]
    public void Quota_that_ends_during_the_request_makes_it_fall_back()
    {
        Add(_claude);
        Add(_codex);
        Begin(Asks());
        var use = Serve(_claude);

        FailAttempt(use.Lease, Given.Outcome(FailureClass.QuotaExhausted, Reset), _claude.Out(IneligibilityKind.QuotaExhausted, Reset));

        Asked(_codex).Model.ShouldBe(Gpt);
    }

    [Fact]
    public void Fallback_that_nobody_serves_is_passed_over()
    {
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Add(_codex);

        Begin(Asks(null, "made-up-and-served-by-nobody", Gpt));

        Asked(_codex).Model.ShouldBe(Gpt);
    }

    [Fact]
    public void Fallback_that_fails_for_reasons_of_its_own_is_followed_by_the_next()
    {
        Add(_claude.OutFor(Opus, IneligibilityKind.QuotaExhausted, Reset));
        Add(_codex);
        Begin(Asks());
        var use = Serve(_claude);

        FailAttempt(use.Lease, Given.Outcome(FailureClass.Forbidden), _claude.Out(IneligibilityKind.Forbidden, Reset));

        Asked(_codex).Model.ShouldBe(Gpt);
    }

    [Fact]
    public void Session_comes_back_to_the_asked_model_and_its_account_as_soon_as_there_is_quota()
    {
        Add(_claude);
        Add(_codex);
        Turn(Asks("s1"), _claude);

        Tell(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Turn(Asks("s1"), _codex);

        Tell(_claude);
        Begin(Asks("s1"));
        Asked(_claude).Model.ShouldBe(Opus);
    }

    [Fact]
    public void Without_a_list_the_client_is_told()
    {
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Add(_codex);

        Begin(Given.Facts(model: Opus));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(429);
    }

    [Fact]
    public void Answer_when_all_fallbacks_are_out_speaks_of_the_asked_model()
    {
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Add(_codex.Out(IneligibilityKind.QuotaExhausted, Reset));

        Begin(Asks());

        var failure = Relay.Expect<RouterAnswers.Fail>().Failure;
        failure.Error.Status.ShouldBe(429);
        failure.Error.Message.ShouldContain(Opus);
        failure.Error.Message.ShouldContain(_claude.Label);
    }

    [Theory]
    [InlineData(IneligibilityKind.CoolingDown)]
    [InlineData(IneligibilityKind.Forbidden)]
    [InlineData(IneligibilityKind.LoginNeeded)]
    public void Trouble_that_is_not_of_quota_changes_no_model(IneligibilityKind kind)
    {
        Add(_claude.Out(kind, Reset));
        Add(_codex);

        Begin(Asks());

        Relay.Expect<RouterAnswers.Fail>();
    }

    [Fact]
    public void Quota_that_comes_back_within_the_wait_is_waited_for()
    {
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddSeconds(20)));
        Add(_codex);

        Begin(Asks());
        State().Parked.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(20));

        Asked(_claude).Model.ShouldBe(Opus);
    }

    [Fact]
    public void Eligible_account_keeps_the_model_although_others_are_out()
    {
        var second = Given.Snapshot("claude-2", UpstreamKind.Claude, null, Opus, Sonnet);
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Add(second);
        Add(_codex);

        Begin(Asks());

        Asked(second).Model.ShouldBe(Opus);
    }

    [Fact]
    public void Token_count_falls_back_to_nothing()
    {
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Add(_codex);

        Begin(Asks() with { Purpose = Purpose.CountTokens });

        Relay.Expect<RouterAnswers.Fail>();
    }

    [Fact]
    public void Session_that_must_not_switch_gets_the_429_of_its_own_account()
    {
        var second = Given.Snapshot("claude-2", UpstreamKind.Claude, null, Opus, Sonnet);
        Add(_claude);
        Add(second);
        Turn(Stays("s1"), _claude);

        Tell(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Begin(Stays("s1"));

        var failure = Relay.Expect<RouterAnswers.Fail>().Failure;
        failure.Error.Status.ShouldBe(429);
        failure.RetryAfter.ShouldBe(7200);
        failure.Error.Message.ShouldContain(_claude.Label);
        failure.Error.Message.ShouldNotContain(second.Label);
    }

    [Fact]
    public void Session_that_must_not_switch_stays_after_a_429_of_its_own_too()
    {
        Add(_claude);
        Add(Given.Snapshot("claude-2", UpstreamKind.Claude, null, Opus, Sonnet));
        Turn(Stays("s1"), _claude);

        Begin(Stays("s1"));
        var use = Serve(_claude);
        FailAttempt(use.Lease, Given.Outcome(FailureClass.QuotaExhausted, Reset), _claude.Out(IneligibilityKind.QuotaExhausted, Reset));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(429);
    }

    [Fact]
    public void Session_that_must_not_switch_accounts_may_switch_models_on_its_own()
    {
        Add(_claude);
        Add(Given.Snapshot("claude-2", UpstreamKind.Claude, null, Opus, Sonnet));
        Turn(Stays("s1"), _claude);

        Tell(_claude.OutFor(Opus, IneligibilityKind.QuotaExhausted, Reset));
        Begin(Stays("s1") with { Fallbacks = [Sonnet] });

        Asked(_claude).Model.ShouldBe(Sonnet);
    }

    [Fact]
    public void New_session_goes_elsewhere_although_sessions_must_not_switch()
    {
        var second = Given.Snapshot("claude-2", UpstreamKind.Claude, null, Opus, Sonnet);
        Add(_claude.Out(IneligibilityKind.QuotaExhausted, Reset));
        Add(second);

        Begin(Stays("s-new"));

        Asked(second).Model.ShouldBe(Opus);
    }

    [Theory]
    [InlineData(IneligibilityKind.Paused)]
    [InlineData(IneligibilityKind.LoginNeeded)]
    [InlineData(IneligibilityKind.CoolingDown)]
    public void Session_leaves_an_account_that_is_out_for_other_reasons_than_quota(IneligibilityKind kind)
    {
        var second = Given.Snapshot("claude-2", UpstreamKind.Claude, null, Opus, Sonnet);
        Add(_claude);
        Add(second);
        Turn(Stays("s1"), _claude);

        Tell(_claude.Out(kind, Reset));
        Begin(Stays("s1"));

        Asked(second).Model.ShouldBe(Opus);
    }

    private static RoutingFacts Asks(string? session = null, params string[] fallbacks) =>
        Given.Facts(session, model: Opus) with { Fallbacks = fallbacks.Length > 0 ? fallbacks : [Sonnet, Gpt] };

    private static RoutingFacts Stays(string session) =>
        Given.Facts(session, model: Opus, routing: new Actors.Configuration.RoutingOptions { SwitchAccounts = false });

    private void Turn(RoutingFacts facts, AccountSnapshot account)
    {
        var ticket = Begin(facts);
        var use = Serve(account);
        Router.Tell(new AccountEvents.AttemptEnded(account.Id, ticket, use.Lease.Id, AttemptOutcome.Success), Accounts[account.Id.Value].Ref);
        End(ticket);
    }

    private AccountCommands.Acquire Asked(AccountSnapshot account) => Accounts[account.Id.Value].Expect<AccountCommands.Acquire>();
}
