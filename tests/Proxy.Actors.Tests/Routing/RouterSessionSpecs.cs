using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

public sealed class RouterSessionSpecs : RouterFixture
{
    private readonly AccountSnapshot _first = Given.Snapshot("codex-1", UpstreamKind.Codex);
    private readonly AccountSnapshot _second = Given.Snapshot("codex-2", UpstreamKind.Codex);

    private void Serve(AccountSnapshot account, RoutingFacts facts, bool stripped)
    {
        var ticket = Begin(facts);
        var use = Serve(account);
        use.StripReasoning.ShouldBe(stripped);
        Router.Tell(new AccountEvents.AttemptEnded(account.Id, ticket, use.Lease.Id, AttemptOutcome.Success), Accounts[account.Id.Value].Ref);
        End(ticket);
    }

    [Fact]
    public void Session_stays_on_its_account_for_an_hour_after_its_last_turn()
    {
        Add(_first);
        Add(_second);
        for (var turn = 0; turn < 3; turn++)
        {
            Serve(_first, Given.Facts("s1"), stripped: false);
            Time.Advance(TimeSpan.FromMinutes(59));
        }

        Serve(_second, Given.Facts("s2"), stripped: false);
        Time.Advance(TimeSpan.FromMinutes(61));
        Serve(_first, Given.Facts("s2"), stripped: false);
    }

    [Fact]
    public void Session_that_moves_to_another_chatgpt_account_goes_there_without_its_reasoning()
    {
        Add(_first);
        Add(_second);
        Serve(_first, Given.Facts("s1", hasReasoning: true), stripped: false);

        Tell(_first.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(2)));
        Serve(_second, Given.Facts("s1", hasReasoning: true), stripped: true);
        Serve(_second, Given.Facts("s2", hasReasoning: true), stripped: false);
    }

    [Fact]
    public void Session_that_moves_between_claude_accounts_keeps_its_thinking()
    {
        var (first, second) = (Given.Snapshot("claude-1"), Given.Snapshot("claude-2"));
        Add(first);
        Add(second);
        Serve(first, Given.Facts("s1", hasReasoning: true), stripped: false);

        Tell(first.Out(IneligibilityKind.QuotaExhausted));
        Serve(second, Given.Facts("s1", hasReasoning: true), stripped: false);
    }

    [Fact]
    public void Foreign_reasoning_is_tried_once_more_on_the_same_account_without_it()
    {
        Add(_first);
        Add(_second);
        Begin(Given.Facts("s1", hasReasoning: true));
        var use = Serve(_first);
        FailAttempt(use.Lease, Given.Outcome(FailureClass.ForeignReasoning));

        var again = Serve(_first);
        (again.StripReasoning, again.Attempt).ShouldBe((true, 2));
        FailAttempt(again.Lease, Given.Outcome(FailureClass.ForeignReasoning));
        Relay.Expect<RouterAnswers.Fail>().Failure.LastFailure!.Class.ShouldBe(FailureClass.ForeignReasoning);

        Serve(_first, Given.Facts("s1", hasReasoning: true), stripped: true);
    }

    [Fact]
    public void Next_turn_waits_for_its_rate_limited_account_while_that_is_short()
    {
        Add(_first);
        Add(_second);
        Serve(_first, Given.Facts("s1"), stripped: false);
        Tell(_first.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(10)));

        Begin(Given.Facts("s1"));
        Begin(Given.Facts("s2")); // no conversation of that account
        Serve(_second);
        Pass(9.9);
        (State().Parked, Accounts["codex-2"].Waiting).ShouldBe((1, 0));
        Pass(0.1);

        Serve(_first).Attempt.ShouldBe(1);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Theory]
    [InlineData(IneligibilityKind.CoolingDown, 10.1)]
    [InlineData(IneligibilityKind.QuotaExhausted, 5)]
    [InlineData(IneligibilityKind.Failing, 5)]
    public void Next_turn_waits_for_no_long_limit_and_for_nothing_else(IneligibilityKind kind, double seconds)
    {
        Add(_first);
        Add(_second);
        Serve(_first, Given.Facts("s1"), stripped: false);
        Tell(_first.Out(kind, Given.Start.AddSeconds(seconds)));

        Serve(_second, Given.Facts("s1"), stripped: false);
    }

    [Fact]
    public void Next_turn_waits_once_and_then_goes_where_it_is_served()
    {
        Add(_first);
        Add(_second);
        Serve(_first, Given.Facts("s1"), stripped: false);
        Tell(_first.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(8)));
        Begin(Given.Facts("s1"));
        Pass(4);
        Tell(_first.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(16)));
        Pass(4);

        Serve(_second).Attempt.ShouldBe(1);
        Serve(_second, Given.Facts("s1") with { Purpose = Purpose.CountTokens }, stripped: false); // counts nothing, waits for nothing
    }

    [Fact]
    public void Token_count_uses_the_sessions_account_and_moves_nothing()
    {
        Add(_first);
        Add(_second);
        Serve(_first, Given.Facts("s1") with { Purpose = Purpose.CountTokens }, stripped: false);

        State().Bindings.ShouldBe(0);
        Serve(_second, Given.Facts("s1"), stripped: false);
        Serve(_second, Given.Facts("s1") with { Purpose = Purpose.CountTokens }, stripped: false);
    }
}
