using System.Threading.Tasks.Sources;

namespace Proxy.Actors.Relay;

/// <summary>
/// An auto-reset event that one task awaits without allocating: set by the end of a pending operation and by the clock,
/// so that the task can look after its client while the upstream is silent.
/// </summary>
internal sealed class Wake : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _isSet;
    private bool _isAwaited;
    private bool _isDone;

    public Wake() => DoneAction = Done;

    /// <summary>The continuation of the pending operation, as a delegate that is made once.</summary>
    public Action DoneAction { get; }

    /// <summary>
    /// True, once, when the pending operation has run its continuation. Its result may be taken only then: a pooled
    /// operation that is merely completed may not have let go of its continuation yet.
    /// </summary>
    public bool TakeDone()
    {
        lock (_gate)
        {
            var isDone = _isDone;
            _isDone = false;
            return isDone;
        }
    }

    /// <summary>Completes at the next <see cref="Set"/>, at once when one has come since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return default;
            }

            _isAwaited = true;
            _core.Reset();
            return new ValueTask(this, _core.Version);
        }
    }

    /// <summary>Wakes the task, or makes its next wait return at once.</summary>
    public void Set() => Signal(isDone: false);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Done() => Signal(isDone: true);

    private void Signal(bool isDone)
    {
        lock (_gate)
        {
            _isDone |= isDone;
            if (!_isAwaited)
            {
                _isSet = true;
                return;
            }

            _isAwaited = false;
        }

        _core.SetResult(true);
    }
}
