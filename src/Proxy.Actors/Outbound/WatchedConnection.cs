namespace Proxy.Actors.Outbound;

/// <summary>
/// A connection to an upstream that knows how many calls have used it and how many bytes came back. SocketsHttpHandler
/// does not tell whether a call went out on a pooled connection; this does, for <see cref="CallTrace"/>.
/// </summary>
internal sealed class WatchedConnection(Stream inner) : Stream
{
    private bool _isReady;

    /// <summary>Bytes received so far, TLS included.</summary>
    public long BytesRead { get; private set; }

    /// <summary>How many calls have written to it.</summary>
    public int Calls { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The handshake is over: what is written from now on belongs to calls.</summary>
    public void Ready() => _isReady = true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = inner.ReadAsync(buffer, cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return Counted(read);
        }

        var count = read.Result;
        BytesRead += count;
        return new ValueTask<int>(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isReady)
        {
            CallTrace.Current?.Wrote(this);
        }

        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        BytesRead += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> Counted(ValueTask<int> read)
    {
        var count = await read;
        BytesRead += count;
        return count;
    }
}

/// <summary>What one call has seen of its connection. Follows the call's own flow; HTTP/2 writes do not pass here.</summary>
internal sealed class CallTrace
{
    private static readonly AsyncLocal<CallTrace?> Local = new();

    private WatchedConnection? _connection;
    private int _call;
    private long _readBefore;

    public static CallTrace? Current => Local.Value;

    /// <summary>True when the call went out on a connection that had served another, and not a byte has come back since.</summary>
    public bool DiedUnanswered => _connection is { } connection && _call > 1 && connection.BytesRead == _readBefore;

    /// <summary>Follows the calls of the current async method from here on.</summary>
    public static CallTrace Begin()
    {
        var trace = new CallTrace();
        Local.Value = trace;
        return trace;
    }

    /// <summary>
    /// Closes the call's connection, unless another call has been put on it meanwhile. One that takes it in this very
    /// moment sees a pooled connection die unanswered, and is sent again.
    /// </summary>
    public void Abort()
    {
        if (_connection is { } connection && connection.Calls == _call)
        {
            connection.Dispose();
        }
    }

    public void Wrote(WatchedConnection connection)
    {
        if (ReferenceEquals(_connection, connection))
        {
            return;
        }

        _connection = connection;
        _call = ++connection.Calls;
        _readBefore = connection.BytesRead;
    }
}
