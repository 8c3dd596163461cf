using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary>The clock is set while requests wait: pauses, waits and deadlines are spans of time and stay as long as they were.</summary>
public sealed class Fault55RouterClockSpecs : RouterFixture
{
    private readonly AccountSnapshot _only = Given.Snapshot("claude-1");

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Fault55_pause_before_a_retry_is_neither_stretched_nor_cut_by_a_step_of_the_clock(int hours)
    {
        Add(_only);
        Begin();
        FailAttempt(Serve(_only).Lease, Given.Outcome(FailureClass.Throttled));
        State().Parked.ShouldBe(1);

        Jump(hours);
        Tell(_only);
        State().Parked.ShouldBe(1, "the pause is not over");
        Time.Advance(TimeSpan.FromSeconds(0.9));
        State().Parked.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(0.1));

        Serve(_only).Attempt.ShouldBe(2);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Fault55_retry_on_an_account_that_failed_before_the_step_is_paced_as_ever(int hours)
    {
        Add(_only);
        Begin();
        var lease = Serve(_only).Lease;
        FailAttempt(lease, Given.Outcome(FailureClass.Truncated));
        State().Parked.ShouldBe(1);
        Jump(hours);

        Time.Advance(TimeSpan.FromSeconds(1));

        Serve(_only).Attempt.ShouldBe(2);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Fault55_wait_for_a_busy_account_ends_after_its_time(int hours)
    {
        Add(_only.Out(IneligibilityKind.Busy));
        Begin();
        State().Parked.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(60));

        Jump(hours);
        State().Parked.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(59));
        State().Parked.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(1));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(503);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Fault55_request_ends_at_its_deadline_by_elapsed_time(int hours)
    {
        Add(_only);
        Begin(deadline: TimeSpan.FromMinutes(30));
        var lease = Serve(_only).Lease;
        Jump(hours);
        State();
        Pass(29 * 60);
        FailAttempt(lease, Given.Outcome(FailureClass.Truncated));
        Pass(1);
        lease = Serve(_only).Lease;
        Pass(59);

        FailAttempt(lease, Given.Outcome(FailureClass.Truncated));

        Relay.Expect<RouterAnswers.Fail>();
    }

    [Fact]
    public void Fault55_cooldown_that_a_step_forward_ends_is_noticed_with_the_next_message()
    {
        Add(_only.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(20)));
        Begin();
        State().Parked.ShouldBe(1);

        Jump(1);
        State();

        Serve(_only).Attempt.ShouldBe(1);
    }

    [Fact]
    public void Fault55_account_whose_word_is_lost_is_given_up_after_five_seconds_though_the_clock_went_back()
    {
        Add(_only);
        var other = Given.Snapshot("claude-2");
        Add(other);
        Begin();
        var lease = Serve(_only).Lease;
        Router.Tell(new RouterCommands.Next(lease.Ticket, lease.Id), Relay.Ref);
        State();
        Jump(-1);
        State();

        Time.Advance(TimeSpan.FromSeconds(5));

        Serve(other).Attempt.ShouldBe(2);
    }

    private void Jump(int hours) => Time.JumpTo(Time.GetUtcNow() + TimeSpan.FromHours(hours));
}
