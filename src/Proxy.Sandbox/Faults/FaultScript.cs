namespace Proxy.Sandbox.Faults;

/// <summary>The faults waiting for an account's next requests: one per request, first that fits. Thread-safe.</summary>
public sealed class FaultScript
{
    private readonly Lock _gate = new();
    private readonly List<SandboxFault> _queue = [];

    /// <summary>A fault for every request that takes none from the queue; null: none.</summary>
    public SandboxFault? Always { get; set; }

    /// <summary>How many faults still wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Appends faults.</summary>
    public void Enqueue(params SandboxFault[] faults)
    {
        lock (_gate)
        {
            _queue.AddRange(faults);
        }
    }

    /// <summary>Drops the queue and <see cref="Always"/>.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _queue.Clear();
            Always = null;
        }
    }

    internal SandboxFault Take(SandboxOperation operation)
    {
        lock (_gate)
        {
            var at = _queue.Count == 0 ? -1 : _queue.FindIndex(f => f.Operation is null || f.Operation == operation);
            if (at >= 0)
            {
                var fault = _queue[at];
                _queue.RemoveAt(at);
                return fault;
            }

            return Always is { } always && (always.Operation is null || always.Operation == operation) ? always : SandboxFault.None;
        }
    }
}
