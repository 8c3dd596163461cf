using Akka.Actor;
using Akka.Configuration;
using Proxy.Actors.Tests.Accounts;
using Proxy.Actors.Time;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Time;

public sealed class ActorTimersTests
{
    [Fact]
    public async Task Timers_tell_at_their_time_and_cancelled_or_replaced_ones_do_not()
    {
        using var system = ActorSystem.Create("timers", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }"));
        var (time, probe) = (new ManualTimeProvider(), new Probe(system));
        using var timers = new ActorTimers(time, probe.Ref);
        timers.Single("a", TimeSpan.FromSeconds(1), "old");
        timers.Single("a", TimeSpan.FromSeconds(2), "single");
        timers.Single("b", TimeSpan.FromSeconds(1), "cancelled");
        timers.Cancel("b");
        timers.Periodic("c", TimeSpan.FromSeconds(1), "tick");
        timers.At("d", time.GetUtcNow() - TimeSpan.FromSeconds(5), "past");

        time.Advance(TimeSpan.FromSeconds(3));
        timers.Dispose();
        time.Advance(TimeSpan.FromSeconds(3));
        probe.Ref.Tell("end");

        await probe.ExpectAsync<string>(m => m == "end");
        probe.Messages.Cast<string>().Order().ShouldBe(["past", "single", "tick", "tick", "tick"]);
        time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public async Task Long_wait_wakes_within_the_hour_so_that_a_moved_clock_is_noticed()
    {
        using var system = ActorSystem.Create("timers", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }"));
        var (time, probe) = (new ManualTimeProvider(), new Probe(system));
        using var timers = new ActorTimers(time, probe.Ref);
        timers.At("a", time.GetUtcNow() + TimeSpan.FromDays(60), "wake");

        time.Advance(ActorTimers.LongestWait);

        await probe.ExpectAsync<string>(m => m == "wake");
    }
}
