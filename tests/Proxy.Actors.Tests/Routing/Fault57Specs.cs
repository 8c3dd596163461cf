using Proxy.Actors.Accounts;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary>An account goes out under many sessions (spec/faults.md 57, spec/user-demands.md 15): the ramp of the next one.</summary>
public sealed class Fault57Specs : IDisposable
{
    private const int Sessions = 50;

    // A is preferred, so that all sessions live there; B and C are cold.
    private readonly HerdWorld _world = new(null, (5, null), (0, null), (0, null));

    private static AttemptOutcome OutOfQuota => Given.Outcome(FailureClass.QuotaExhausted, Given.Start.AddHours(6));

    public void Dispose() => _world.Dispose();

    private static HerdWorld.Request[] FillA(HerdWorld world)
    {
        var requests = world.Begin([.. Enumerable.Range(0, Sessions).Select(i => $"session-{i}")]);
        requests.ShouldAllBe(r => r.Account == 'A');
        return requests;
    }

    [Fact]
    public void Fault57_sessions_of_an_account_that_goes_out_are_let_into_the_others_a_few_at_a_time()
    {
        _world.Fail(OutOfQuota, FillA(_world));

        _world.RunningOn('B').Count().ShouldBe(4);
        _world.RunningOn('C').Count().ShouldBe(4);
        _world.Waiting.Count().ShouldBe(Sessions - 8);
        _world.Requests.ShouldAllBe(r => r.Failure == null);

        // One success each: twice as many, oldest first.
        _world.Succeed(_world.RunningOn('B').First(), _world.RunningOn('C').First());
        _world.RunningOn('B').Count().ShouldBe(8);
        _world.RunningOn('C').Count().ShouldBe(8);
        var waiting = _world.Waiting.ToArray();
        _world.Granted[^1].Ticket.Value.ShouldBeLessThan(waiting[0].Ticket.Value);

        // Two more: all of them, without any time having passed.
        _world.Succeed(_world.RunningOn('B').First(), _world.RunningOn('C').First());
        _world.Succeed(_world.RunningOn('B').First(), _world.RunningOn('C').First());
        _world.Waiting.ShouldBeEmpty();
        _world.Time.GetUtcNow().ShouldBe(Given.Start);
    }

    [Fact]
    public void Fault57_ramp_opens_after_half_a_minute_without_a_success()
    {
        _world.Fail(OutOfQuota, FillA(_world));

        _world.Advance(TimeSpan.FromSeconds(29.9));
        _world.Waiting.Count().ShouldBe(Sessions - 8);
        _world.Advance(TimeSpan.FromSeconds(0.2));

        _world.Waiting.ShouldBeEmpty();
        _world.Requests.ShouldAllBe(r => r.Failure == null);
    }

    [Fact]
    public void Fault57_only_one_left_takes_all_at_once()
    {
        using var world = new HerdWorld(null, (5, null), (0, null));

        world.Fail(OutOfQuota, FillA(world));

        world.RunningOn('B').Count().ShouldBe(Sessions);
        world.Waiting.ShouldBeEmpty();
    }

    [Fact]
    public void Fault57_the_other_one_goes_out_too_and_the_last_one_takes_who_waited()
    {
        _world.Fail(OutOfQuota, FillA(_world));
        _world.Fail(OutOfQuota, [.. _world.RunningOn('B')]);

        _world.Requests.ShouldAllBe(r => r.Failure == null);
        _world.RunningOn('B').ShouldBeEmpty();
        _world.Advance(TimeSpan.FromSeconds(30));
        _world.Waiting.ShouldBeEmpty();
        _world.RunningOn('C').Count().ShouldBe(Sessions);
    }

    [Fact]
    public void Fault57_warm_account_takes_them_all()
    {
        var early = _world.Begin([null, .. Enumerable.Range(0, Sessions).Select(i => $"session-{i}")]);
        _world.Fail(OutOfQuota, early[0]); // one comes over first and goes well
        _world.RunningOn('B').Count().ShouldBe(1);
        _world.Succeed(early[0]);
        _world.Advance(TimeSpan.FromMinutes(1));

        _world.Fail(OutOfQuota, early[1..]);

        _world.RunningOn('B').Count().ShouldBeGreaterThan(4);
        _world.RunningOn('C').Count().ShouldBe(4); // still cold
    }

    [Fact]
    public void New_conversations_and_the_accounts_own_ones_know_no_ramp()
    {
        using var world = new HerdWorld(null, (0, null), (0, null));
        var crowd = world.Begin([.. Enumerable.Range(0, 40).Select(i => $"session-{i}")]);
        world.Waiting.ShouldBeEmpty();
        var home = crowd[0].Account.ShouldNotBeNull();
        world.Succeed(crowd);

        // Ten minutes later both are cold, and one conversation sends twenty requests at once to where it lives.
        world.Advance(TimeSpan.FromMinutes(10));
        world.Begin([.. Enumerable.Repeat("session-0", 20)]);

        world.RunningOn(home).Count().ShouldBe(20);
    }
}
