using Akka.Actor;
using Akka.Configuration;
using Proxy.Actors.Tests.Routing;
using Proxy.Actors.Time;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Time;

public sealed class EarliestWakeTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("wake", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }"));
    private readonly ManualTimeProvider _time = new();
    private readonly CaptureRef _actor;
    private readonly ActorTimers _timers;
    private readonly EarliestWake _wake;

    public EarliestWakeTests()
    {
        _actor = new CaptureRef(_system, "sleeper");
        _timers = new ActorTimers(_time, _actor);
        _wake = new EarliestWake(_timers, _time, "wake");
    }

    public void Dispose()
    {
        _timers.Dispose();
        _system.Dispose();
    }

    [Fact]
    public void Earliest_of_all_times_wakes_and_nothing_asks_for_nothing()
    {
        var now = _time.GetUtcNow();
        _wake.By(now.AddSeconds(30), now);
        _wake.By(now.AddSeconds(10), now);
        _wake.By(now.AddSeconds(20), now);
        _wake.By(null, now);

        _time.Advance(TimeSpan.FromSeconds(9));
        _actor.TakeAll().ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        _actor.TakeAll().ShouldBe(["wake"]);
        _time.Advance(TimeSpan.FromSeconds(60));
        _actor.TakeAll().ShouldBeEmpty();
    }

    [Fact]
    public void What_stays_due_wakes_once_a_second()
    {
        var now = _time.GetUtcNow();
        _wake.By(now, now);
        _actor.TakeAll().ShouldBeEmpty();

        _time.Advance(TimeSpan.FromSeconds(1));
        _actor.TakeAll().ShouldBe(["wake"]);
    }

    [Fact]
    public void What_falls_due_between_the_look_and_the_asking_wakes_at_once()
    {
        var look = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(3)); // a busy machine, or a test that lets hours pass in one step

        _wake.By(look.AddSeconds(2), look);

        _actor.TakeAll().ShouldBe(["wake"]);
    }
}
