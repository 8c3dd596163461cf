using Akka.Actor;

namespace Proxy.Actors.Time;

/// <summary>
/// The one timer seam of the actors: keyed timers over <see cref="TimeProvider"/> that tell the actor. A message that
/// was already told when its timer is cancelled still arrives, and a long wait may wake early
/// (<see cref="LongestWait"/>): whoever receives one looks at the clock again.
/// Not thread-safe: used by its actor alone. Dispose it in PostStop (and PreRestart, which calls PostStop).
/// </summary>
public sealed class ActorTimers(TimeProvider time, IActorRef self) : IDisposable
{
    /// <summary>
    /// No timer sleeps longer: system timers end at 49 days, and a wall clock that was set or a machine that slept is
    /// noticed within this time (spec/faults.md 55).
    /// </summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private static readonly TimeSpan Imprecision = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Entry> _timers = new(StringComparer.Ordinal);

    /// <summary>How many are armed.</summary>
    public int Count => _timers.Count;

    /// <summary>True while <paramref name="key"/> was armed and not cancelled; single timers count until they are cancelled or armed anew.</summary>
    public bool IsArmed(string key) => _timers.ContainsKey(key);

    /// <summary>Tells <paramref name="message"/> once after <paramref name="delay"/>; replaces the timer of that key.</summary>
    public void Single(string key, TimeSpan delay, object message) => Start(key, Bounded(delay), Timeout.InfiniteTimeSpan, message);

    /// <summary>Tells <paramref name="message"/> once when the clock shows <paramref name="when"/>; at once when it is past.</summary>
    public void At(string key, DateTimeOffset when, object message)
    {
        // A clock that moves on between the look at it and the arming of the timer would make it late by as much: a
        // machine that wakes up, and every test that lets hours pass in one step.
        DateTimeOffset now;
        do
        {
            now = time.GetUtcNow();
            Single(key, when - now, message);
        }
        while (when > now && time.GetUtcNow() - now > Imprecision);
    }

    /// <summary>Tells <paramref name="message"/> every <paramref name="period"/>; replaces the timer of that key.</summary>
    public void Periodic(string key, TimeSpan period, object message) => Start(key, period, period, message);

    /// <summary>Cancels the timer of that key, if there is one.</summary>
    public void Cancel(string key)
    {
        if (_timers.Remove(key, out var entry))
        {
            entry.Dispose();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var entry in _timers.Values)
        {
            entry.Dispose();
        }

        _timers.Clear();
    }

    private static TimeSpan Bounded(TimeSpan delay) =>
        delay <= TimeSpan.Zero ? TimeSpan.Zero : delay > LongestWait ? LongestWait : delay;

    private void Start(string key, TimeSpan due, TimeSpan period, object message)
    {
        Cancel(key);
        if (due == TimeSpan.Zero)
        {
            self.Tell(message, self);
            return;
        }

        _timers[key] = new Entry(time, self, message, due, period);
    }

    private sealed class Entry : IDisposable
    {
        private readonly IActorRef _self;
        private readonly object _message;
        private readonly ITimer _timer;
        private volatile bool _cancelled;

        public Entry(TimeProvider time, IActorRef self, object message, TimeSpan due, TimeSpan period)
        {
            _self = self;
            _message = message;
            _timer = time.CreateTimer(static state => ((Entry)state!).Fire(), this, due, period);
        }

        public void Dispose()
        {
            _cancelled = true;
            _timer.Dispose();
        }

        private void Fire()
        {
            if (!_cancelled)
            {
                _self.Tell(_message, _self);
            }
        }
    }
}
