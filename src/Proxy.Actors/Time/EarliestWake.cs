namespace Proxy.Actors.Time;

/// <summary>One wake-up of an actor at the earliest of all times that it asked for. Whoever is woken asks anew. Used by one actor alone.</summary>
public sealed class EarliestWake(ActorTimers timers, TimeProvider time, object message)
{
    private const string Key = "wake";

    // Guards against waking for something that stays due.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private DateTimeOffset? _at;

    /// <summary>Asks to be woken by then; null asks for nothing.</summary>
    public void By(DateTimeOffset? at)
    {
        var now = time.GetUtcNow();

        // A time that is past and has not fired is one that the clock was set over: its timer may come much later.
        if (at is { } when && !(_at <= when && _at >= now))
        {
            var soonest = now + Shortest;
            _at = when < soonest ? soonest : when;
            timers.At(Key, _at.Value, message);
        }
    }

    /// <summary>The wake-up has come.</summary>
    public void Woken() => _at = null;
}
