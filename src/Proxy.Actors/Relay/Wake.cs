using System.Threading.Tasks.Sources;

namespace Proxy.Actors.Relay;

/// <summary>
/// An auto-reset event that one task awaits without allocating: set by the end of a pending read and by the clock, so
/// that the task can look after its client while the upstream is silent.
/// </summary>
internal sealed class Wake : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _isSet;
    private bool _isAwaited;

    public Wake() => SetAction = Set;

    /// <summary><see cref="Set"/> as a delegate that is made once.</summary>
    public Action SetAction { get; }

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
    public void Set()
    {
        lock (_gate)
        {
            if (!_isAwaited)
            {
                _isSet = true;
                return;
            }

            _isAwaited = false;
        }

        _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
