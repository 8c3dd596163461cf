namespace Proxy.Sandbox.Faults;

/// <summary>A door in the middle of an answer: the sandbox waits at it until the test opens it, so tests wait for causes.</summary>
public sealed class SandboxGate
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first answer has come to the gate and waits.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Lets every answer pass, now and later.</summary>
    public void Open() => _opened.TrySetResult();

    internal async Task PassAsync(CancellationToken ct)
    {
        _reached.TrySetResult();
        await _opened.Task.WaitAsync(ct);
    }
}
