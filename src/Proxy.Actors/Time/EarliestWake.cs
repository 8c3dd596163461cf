namespace Proxy.Actors.Time;

/// <summary>One wake-up of an actor at the earliest of all times that it asked for. Whoever is woken asks anew. Used by one actor alone.</summary>
public sealed class EarliestWake(ActorTimers timers, TimeProvider time, object message)
{
    private const string Key = "wake";

    // Guards against waking for something that stays due.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private DateTimeOffset? _at;

    /// <summary>Asks to be woken by then; null asks for nothing.</summary>
    /// <param name="at">When. What was still to come at <paramref name="asOf"/> and is past by now wakes at once.</param>
    /// <param name="asOf">The time by which the asker has just looked at what is due.</param>
    public void By(DateTimeOffset? at, DateTimeOffset asOf)
    {
        var now = time.GetUtcNow();

        // A time that is past and has not fired is one that the clock was set over: its timer may come much later.
        if (at is { } when && !(_at <= when && _at >= now))
        {
            var soonest = asOf + Shortest;
            _at = when < soonest ? soonest : when;
            timers.At(Key, _at.Value, message);
        }
    }

    /// <summary>The wake-up has come.</summary>
    public void Woken() => _at = null;
}
