using Proxy.Actors.Relay;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Relay;

public sealed class StreamClockTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void One_timer_serves_all_streams_and_rests_when_there_are_none()
    {
        using var clock = new StreamClock(_time);
        _time.ArmedTimers.ShouldBe(0);

        var watches = Enumerable.Range(0, 100).Select(_ => new StreamWatch(clock, TimeSpan.FromHours(1), default)).ToList();

        _time.ArmedTimers.ShouldBe(1);
        clock.Watched.ShouldBe(100);
        watches.ForEach(w => w.Dispose());
        clock.Watched.ShouldBe(0);
        _time.Advance(StreamClock.Period);
        _time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public async Task Deadline_of_the_request_cancels_it()
    {
        using var clock = new StreamClock(_time);
        using var watch = new StreamWatch(clock, TimeSpan.FromMinutes(60), default);

        _time.Advance(TimeSpan.FromMinutes(60) - StreamClock.Period);
        watch.RequestToken.IsCancellationRequested.ShouldBeFalse();
        _time.Advance(StreamClock.Period);

        await Cancelled(watch.RequestToken);
        watch.DeadlinePassed.ShouldBeTrue();
    }

    [Fact]
    public async Task Stalled_write_cancels_and_a_finished_one_does_not()
    {
        using var clock = new StreamClock(_time);
        using var watch = new StreamWatch(clock, TimeSpan.FromMinutes(60), default);
        watch.ArmWrite(TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(15));
        watch.Disarm();
        _time.Advance(TimeSpan.FromSeconds(200));
        watch.RequestToken.IsCancellationRequested.ShouldBeFalse();

        watch.ArmWrite(TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(15));
        _time.Advance(TimeSpan.FromSeconds(120));

        await Cancelled(watch.RequestToken);
        watch.WriteStalled.ShouldBeTrue();
    }

    [Fact]
    public async Task Overdue_upstream_wakes_the_task()
    {
        using var clock = new StreamClock(_time);
        using var watch = new StreamWatch(clock, TimeSpan.FromMinutes(60), default);
        watch.ExpectUpstream(TimeSpan.FromSeconds(300));
        watch.Arm();
        var waiting = watch.Wake.WaitAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(299));
        waiting.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(1));

        await waiting.WaitAsync(Proxy.Testing.FailSafe.Limit);
        watch.UpstreamIsDue.ShouldBeTrue();
    }

    [Fact]
    public void Client_that_left_ends_the_request()
    {
        using var client = new CancellationTokenSource();
        using var clock = new StreamClock(_time);
        using var watch = new StreamWatch(clock, TimeSpan.FromMinutes(60), client.Token);

        client.Cancel();

        watch.RequestToken.IsCancellationRequested.ShouldBeTrue();
        watch.DeadlinePassed.ShouldBeFalse();
    }

    private static async Task Cancelled(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource();
        await using var registration = token.Register(() => cancelled.TrySetResult());
        await cancelled.Task.WaitAsync(Proxy.Testing.FailSafe.Limit);
    }
}
