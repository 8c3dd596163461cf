namespace Proxy.Actors.Relay;

/// <summary>
/// The one timer behind all keep-alives and watchdogs: it looks once a second which requests have something due. A
/// timer per stream would be re-armed with every read; this costs a comparison per request and second.
/// </summary>
public sealed class StreamClock : IDisposable
{
    /// <summary>How often it looks: the precision of every deadline of the relay.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly LinkedList<StreamWatch> _watches = new();
    private readonly ITimer _timer;
    private bool _isRunning;

    /// <summary>A clock that rests until a request comes.</summary>
    public StreamClock(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        Time = time;
        _timer = time.CreateTimer(static clock => ((StreamClock)clock!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The clock behind it.</summary>
    public TimeProvider Time { get; }

    /// <summary>How many requests are watched now.</summary>
    public int Watched
    {
        get
        {
            lock (_gate)
            {
                return _watches.Count;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _timer.Dispose();

    internal void Add(StreamWatch watch)
    {
        lock (_gate)
        {
            _watches.AddLast(watch.Node);
            if (!_isRunning)
            {
                _isRunning = true;
                _timer.Change(Period, Period);
            }
        }
    }

    internal void Remove(StreamWatch watch)
    {
        lock (_gate)
        {
            _watches.Remove(watch.Node);
        }
    }

    private void Look()
    {
        var now = Time.GetTimestamp();
        lock (_gate)
        {
            for (var node = _watches.First; node is not null; node = node.Next)
            {
                node.Value.FireIfDue(now);
            }

            // Stopped by the first look that finds nobody, not by the last request: most are followed by another.
            if (_watches.Count == 0 && _isRunning)
            {
                _isRunning = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
