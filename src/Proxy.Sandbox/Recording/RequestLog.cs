using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Recording;

/// <summary>What the sandbox was asked, oldest first, within bounds. Thread-safe.</summary>
public sealed class RequestLog
{
    private readonly Lock _gate = new();
    private readonly Queue<RecordedRequest> _requests = [];
    private readonly List<Waiter> _waiters = [];
    private readonly int _keepRequests;
    private readonly long _keepBytes;
    private long _bytes;
    private long _number;
    private long _tokenCalls;
    private long _connections;
    private int _openConnections;

    internal RequestLog(int keepRequests, long keepBytes)
    {
        _keepRequests = keepRequests;
        _keepBytes = keepBytes;
    }

    /// <summary>All requests so far, forgotten ones included.</summary>
    public long Count => Interlocked.Read(ref _number);

    /// <summary>Calls of the token endpoints.</summary>
    public long TokenCalls => Interlocked.Read(ref _tokenCalls);

    /// <summary>Connections accepted on the simulated upstreams' ports.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Those of them that are open still: at 0 nothing more comes from anybody who has left.</summary>
    public int OpenConnections => Volatile.Read(ref _openConnections);

    /// <summary>A copy of what is kept.</summary>
    public IReadOnlyList<RecordedRequest> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>The kept requests of one operation.</summary>
    public IReadOnlyList<RecordedRequest> Of(SandboxOperation operation) => [.. All.Where(r => r.Operation == operation)];

    /// <summary>The first kept or coming request that fits.</summary>
    public async Task<RecordedRequest> WaitForAsync(Func<RecordedRequest, bool> predicate, CancellationToken ct = default)
    {
        Waiter waiter;
        lock (_gate)
        {
            var known = _requests.FirstOrDefault(predicate);
            if (known is not null)
            {
                return known;
            }

            waiter = new Waiter(predicate);
            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Found.Task.WaitAsync(ct);
        }
        finally
        {
            lock (_gate)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>Forgets the requests; the counters go on.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
            _bytes = 0;
        }
    }

    internal long NextNumber() => Interlocked.Increment(ref _number);

    internal void ConnectionOpened()
    {
        Interlocked.Increment(ref _openConnections);
        Interlocked.Increment(ref _connections);
    }

    internal void ConnectionClosed() => Interlocked.Decrement(ref _openConnections);

    internal void Add(RecordedRequest request)
    {
        if (request.Operation == SandboxOperation.Token)
        {
            Interlocked.Increment(ref _tokenCalls);
        }

        lock (_gate)
        {
            _requests.Enqueue(request);
            _bytes += request.Body.Length;
            while (_requests.Count > _keepRequests || _bytes > _keepBytes)
            {
                _bytes -= _requests.Dequeue().Body.Length;
            }

            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Predicate(request))
                {
                    _waiters[i].Found.TrySetResult(request);
                    _waiters.RemoveAt(i);
                }
            }
        }
    }

    private sealed record Waiter(Func<RecordedRequest, bool> Predicate)
    {
        public TaskCompletionSource<RecordedRequest> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
