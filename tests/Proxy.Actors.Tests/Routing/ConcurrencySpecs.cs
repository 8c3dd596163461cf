using FsCheck.Fluent;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary>The cap of an account's concurrency, and who gets the lease that becomes free.</summary>
public sealed class ConcurrencySpecs
{
    [Fact]
    public void Requests_beyond_the_cap_wait_and_the_oldest_gets_each_lease_that_ends_without_any_polling()
    {
        using var world = new HerdWorld(null, (0, 2));
        var requests = world.Begin(null, null, null, null, null);
        world.Granted.ShouldBe(requests[..2]);
        world.State().Parked.ShouldBe(3);
        var timers = world.Time.ArmedTimers;

        world.Advance(TimeSpan.FromSeconds(60)); // nobody looks meanwhile
        world.Granted.Count.ShouldBe(2);
        world.Time.ArmedTimers.ShouldBe(timers);

        world.Succeed(requests[1]);
        world.Granted.ShouldBe([requests[0], requests[1], requests[2]]);
        world.Succeed(requests[0], requests[2]);
        world.Granted.ShouldBe(requests);
    }

    [Fact]
    public void Other_accounts_are_tried_before_anybody_waits()
    {
        using var world = new HerdWorld(null, (5, 1), (0, 1), (0, null));

        world.Begin(null, null, null, null);

        (world.RunningOn('A').Count(), world.RunningOn('B').Count() + world.RunningOn('C').Count()).ShouldBe((1, 3));
        world.RunningOn('B').Count().ShouldBeLessThanOrEqualTo(1);
        world.Waiting.ShouldBeEmpty();
    }

    [Fact]
    public void Configuration_caps_accounts_that_say_nothing_themselves()
    {
        using var world = new HerdWorld(new RoutingOptions { MaxConcurrent = 3 }, (5, null), (0, 0));

        world.Begin([.. new string?[20]]);

        (world.RunningOn('A').Count(), world.RunningOn('B').Count()).ShouldBe((3, 17));
    }

    [Fact]
    public void Token_counts_pass_the_cap_and_do_not_fill_it()
    {
        using var world = new HerdWorld(null, (0, 1));
        var counts = world.Begin(Purpose.CountTokens, null, null, null);
        counts.ShouldAllBe(r => r.Account == 'A');

        world.Begin("s").ShouldAllBe(r => r.Account == 'A');
        world.Begin(Purpose.CountTokens, "s").ShouldAllBe(r => r.Account == 'A');
        world.Begin("t").ShouldAllBe(r => r.Account == null);
    }

    [Fact]
    public void Client_that_leaves_makes_room_and_one_that_left_while_waiting_is_passed_over()
    {
        using var world = new HerdWorld(null, (0, 1));
        var requests = world.Begin(null, null, null);

        world.Leave(requests[1]);
        world.State().Parked.ShouldBe(1);
        world.Leave(requests[0]);

        requests[1].Lease.ShouldBeNull();
        requests[2].Account.ShouldBe('A');
    }

    [Fact]
    public void Nobody_waits_longer_than_for_a_first_attempt_and_is_told_why()
    {
        using var world = new HerdWorld(new RoutingOptions { FirstAttemptWait = TimeSpan.FromSeconds(20) }, (0, 1));
        var requests = world.Begin(null, null);

        world.Advance(TimeSpan.FromSeconds(20));

        var failure = requests[1].Failure.ShouldNotBeNull();
        failure.Error.Status.ShouldBe(503);
        failure.Error.Message.ShouldContain("one request at a time");
        world.Succeed(requests[0]);
        world.Leave(requests[1]);
        world.State().Tickets.ShouldBeEmpty();
    }

    [Fact]
    public void No_more_wait_than_the_lot_holds()
    {
        using var world = new HerdWorld(new RoutingOptions { MaxParked = 5 }, (0, 1));

        world.Begin([.. new string?[10]]);

        world.Waiting.Count().ShouldBe(5);
        world.Requests.Count(r => r.Failure is { Error.Status: 503 }).ShouldBe(4);
    }

    [Fact]
    public void Any_order_of_comings_and_ends_serves_everybody_in_the_order_in_which_they_came()
    {
        var steps = Gen.Choose(-3, 2).ArrayOf().Where(s => s.Length > 0);
        FsCheck.Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(60), Prop.ForAll(steps.ToArbitrary(), Gen.Choose(1, 4).ToArbitrary(), (given, cap) =>
        {
            using var world = new HerdWorld(null, (0, cap));
            foreach (var step in given)
            {
                if (step > 0)
                {
                    world.Begin([.. new string?[step]]);
                }
                else if (world.Requests.Where(r => r.Lease is not null).ToArray() is { Length: > 0 } running)
                {
                    // The newest or the oldest ends, well, badly, or with its client.
                    var ends = step % 2 == 0 ? running[0] : running[^1];
                    switch (step)
                    {
                        case -3: world.Leave(ends); break;
                        case -2: world.Fail(Given.Outcome(FailureClass.Request), ends); break;
                        default: world.Succeed(ends); break;
                    }
                }

                world.RunningOn('A').Count().ShouldBe(Math.Min(cap, world.Requests.Count(r => !r.IsOver)));
            }

            world.Granted.ShouldBe(world.Requests.Take(world.Granted.Count));
        }));
    }
}
