namespace Proxy.Actors.Relay;

/// <summary>
/// The deadlines of one request. Its task sets them while it waits; the clock wakes the task when one has passed. A
/// write to the client can't be woken, it is cancelled: <see cref="RequestToken"/>.
/// </summary>
internal sealed class StreamWatch : IThreadPoolWorkItem, IDisposable
{
    private const long Never = long.MaxValue;

    private readonly StreamClock _clock;
    private readonly CancellationTokenSource _request = new();
    private readonly CancellationTokenRegistration _clientGone;
    private readonly long _requestDeadline;
    private readonly long _frequency;
    private long _upstreamDeadline = Never;
    private long _keepAliveDue = Never;
    private long _writeDeadline = Never;
    private long _nextDue;

    public StreamWatch(StreamClock clock, TimeSpan requestLimit, CancellationToken clientGone)
    {
        _clock = clock;
        _frequency = clock.Time.TimestampFrequency;
        Node = new LinkedListNode<StreamWatch>(this);
        _requestDeadline = After(requestLimit);
        _nextDue = _requestDeadline;
        _clientGone = clientGone.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _request);
        clock.Add(this);
    }

    public LinkedListNode<StreamWatch> Node { get; }

    /// <summary>What the request's task waits on.</summary>
    public Wake Wake { get; } = new();

    /// <summary>Ends with the client, with the request's deadline and with a stalled write.</summary>
    public CancellationToken RequestToken => _request.Token;

    /// <summary>The client did not take what was written within the limit.</summary>
    public bool WriteStalled { get; private set; }

    /// <summary>The request's whole time is over.</summary>
    public bool DeadlinePassed { get; private set; }

    /// <summary>True when the upstream is overdue.</summary>
    public bool UpstreamIsDue => _clock.Time.GetTimestamp() >= _upstreamDeadline;

    /// <summary>True when the client has waited long enough for a sign of life.</summary>
    public bool KeepAliveIsDue => _clock.Time.GetTimestamp() >= _keepAliveDue;

    /// <summary>The upstream has <paramref name="limit"/> from now on.</summary>
    public void ExpectUpstream(TimeSpan limit) => _upstreamDeadline = After(limit);

    /// <summary>Nothing is awaited from the upstream.</summary>
    public void ForgetUpstream() => _upstreamDeadline = Never;

    /// <summary>The client gets a sign of life after <paramref name="silence"/> from now on.</summary>
    public void ExpectKeepAlive(TimeSpan silence) => _keepAliveDue = After(silence);

    /// <summary>Before a wait: the clock will wake the task when something is due.</summary>
    public void Arm() => Volatile.Write(ref _nextDue, Math.Min(_requestDeadline, Math.Min(_upstreamDeadline, _keepAliveDue)));

    /// <summary>Before a write, which is also a sign of life. The upstream's deadlines rest: a slow client is not its fault.</summary>
    public void ArmWrite(TimeSpan limit, TimeSpan silence)
    {
        var now = _clock.Time.GetTimestamp();
        _writeDeadline = now + Ticks(limit);
        _keepAliveDue = now + Ticks(silence);
        Volatile.Write(ref _nextDue, Math.Min(_requestDeadline, _writeDeadline));
    }

    /// <summary>After a wait or a write.</summary>
    public void Disarm()
    {
        _writeDeadline = Never;
        Volatile.Write(ref _nextDue, _requestDeadline);
    }

    /// <summary>The client is gone, as a write showed.</summary>
    public void Leave() => _request.Cancel();

    /// <summary>By the clock.</summary>
    public void FireIfDue(long now)
    {
        // Exchanged only where it still is what was read: a deadline that the task armed meanwhile must not be lost.
        var due = Volatile.Read(ref _nextDue);
        if (now >= due && Interlocked.CompareExchange(ref _nextDue, Never, due) == due)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Off the clock's thread: what is due is looked up again, since the task may have moved on.</summary>
    public void Execute()
    {
        var now = _clock.Time.GetTimestamp();
        if (now >= _requestDeadline)
        {
            DeadlinePassed = true;
            _request.Cancel();
        }
        else if (now >= Volatile.Read(ref _writeDeadline))
        {
            WriteStalled = true;
            _request.Cancel();
        }

        Wake.Set();
    }

    public void Dispose()
    {
        _clock.Remove(this);
        _clientGone.Dispose();
    }

    private long After(TimeSpan limit) => _clock.Time.GetTimestamp() + Ticks(limit);

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _frequency);
}
