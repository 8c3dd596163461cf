using System.Buffers;
using System.Text;
using Proxy.Actors.Relay;

namespace Proxy.Actors.Tests.Relay.Bench;

/// <summary>A client that keeps what it gets, and can be slow, or gone.</summary>
internal sealed class TestSink : IAnswerSink
{
    private static readonly TimeSpan FailSafe = Proxy.Testing.FailSafe.Limit;

    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly MemoryStream _received = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _slow;

    public bool HasStarted { get; private set; }

    public int Status { get; private set; }

    public string ContentType { get; private set; } = string.Empty;

    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public bool IsComplete { get; private set; }

    public bool IsAborted { get; private set; }

    public int Flushes { get; private set; }

    /// <summary>The largest number of bytes that waited for one flush.</summary>
    public int LargestFlush { get; private set; }

    public IBufferWriter<byte> Output => _output;

    public string Text
    {
        get
        {
            lock (_gate)
            {
                return Encoding.UTF8.GetString(_received.GetBuffer(), 0, (int)_received.Length);
            }
        }
    }

    public byte[] Bytes
    {
        get
        {
            lock (_gate)
            {
                return _received.ToArray();
            }
        }
    }

    public long Received
    {
        get
        {
            lock (_gate)
            {
                return _received.Length;
            }
        }
    }

    /// <summary>From now on flushes wait until <see cref="Resume"/>.</summary>
    public void Stall() => _slow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume()
    {
        var slow = _slow;
        _slow = null;
        slow?.TrySetResult();
    }

    /// <summary>From now on flushes say that nobody is there.</summary>
    public bool IsGone { get; set; }

    public void Start(int status, string contentType, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        HasStarted.ShouldBeFalse("the answer was started twice");
        Status = status;
        ContentType = contentType;
        foreach (var (name, value) in headers)
        {
            Headers[name] = value;
        }
    }

    public async ValueTask<bool> FlushAsync(CancellationToken cancellation)
    {
        IsComplete.ShouldBeFalse("something was sent after the end");
        HasStarted = true;
        LargestFlush = Math.Max(LargestFlush, _output.WrittenCount);
        var changed = Take();
        changed.TrySetResult();
        if (_slow is { } slow)
        {
            await slow.Task.WaitAsync(cancellation);
        }

        return !IsGone && !cancellation.IsCancellationRequested;
    }

    public ValueTask CompleteAsync()
    {
        _output.WrittenCount.ShouldBe(0, "bytes were left behind");
        IsComplete.ShouldBeFalse("the answer was ended twice");
        IsComplete = true;
        Signal();
        return ValueTask.CompletedTask;
    }

    public void Abort()
    {
        IsAborted = true;
        Signal();
    }

    /// <summary>Waits until what has come satisfies <paramref name="condition"/>.</summary>
    public async Task WaitAsync(Func<TestSink, bool> condition, string what)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            if (condition(this))
            {
                return;
            }

            try
            {
                await changed.WaitAsync(FailSafe);
            }
            catch (TimeoutException late)
            {
                throw new TimeoutException($"the client never got {what}; it has: {Text[..Math.Min(2000, Text.Length)]}", late);
            }
        }
    }

    public Task WaitForAsync(string text) => WaitAsync(s => s.Text.Contains(text, StringComparison.Ordinal), text);

    private TaskCompletionSource Take()
    {
        lock (_gate)
        {
            _received.Write(_output.WrittenSpan);
            _output.ResetWrittenCount();
            Flushes++;
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return changed;
        }
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}
