using Akka.Actor;

namespace Proxy.Actors.Routing;

/// <summary>One timer that tells an actor when something is due. Armed only while something waits.</summary>
internal sealed class WakeTimer(TimeProvider time, IActorRef self, object message) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private ITimer? _timer;
    private DateTimeOffset? _due;

    /// <summary>Arms it for <paramref name="due"/>; null disarms it.</summary>
    public void Set(DateTimeOffset? due)
    {
        if (due == _due)
        {
            return;
        }

        _due = due;
        var wait = Timeout.InfiniteTimeSpan;
        if (due is { } at)
        {
            wait = TimeSpan.FromTicks(Math.Clamp((at - time.GetUtcNow()).Ticks, 0, Longest.Ticks));
        }

        _timer ??= time.CreateTimer(static state => ((WakeTimer)state!).Tell(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>To be called when its message was received: it may be armed for the same time again.</summary>
    public void Fired() => _due = null;

    /// <inheritdoc />
    public void Dispose() => _timer?.Dispose();

    private void Tell() => self.Tell(message, ActorRefs.NoSender);
}
