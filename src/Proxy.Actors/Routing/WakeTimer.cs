using Akka.Actor;
using Proxy.Actors.Time;

namespace Proxy.Actors.Routing;

/// <summary>One timer that tells an actor when something is due. Armed only while something waits; never re-armed for the same time.</summary>
internal sealed class WakeTimer(TimeProvider time, IActorRef self, object message) : IDisposable
{
    private const string Key = "wake";
    private readonly ActorTimers _timers = new(time, self);
    private DateTimeOffset? _due;

    /// <summary>Arms it for <paramref name="due"/>; null disarms it.</summary>
    public void Set(DateTimeOffset? due)
    {
        if (due == _due)
        {
            return;
        }

        _due = due;
        if (due is { } at)
        {
            _timers.At(Key, at, message);
        }
        else
        {
            _timers.Cancel(Key);
        }
    }

    /// <summary>To be called when its message was received: it may be armed for the same time again.</summary>
    public void Fired() => _due = null;

    /// <inheritdoc />
    public void Dispose() => _timers.Dispose();
}
