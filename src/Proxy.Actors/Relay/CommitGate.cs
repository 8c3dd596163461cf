using System.Buffers;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;

namespace Proxy.Actors.Relay;

/// <summary>How far an answer has gone towards its client.</summary>
public enum GateState
{
    /// <summary>Nothing has gone out: attempts may fail over, an error gets a real HTTP status.</summary>
    Held,

    /// <summary>Status, headers and comments have gone out, no upstream byte: attempts may fail over, an error goes in-stream.</summary>
    Opened,

    /// <summary>Content has gone out: nothing is retried.</summary>
    Committed,
}

/// <summary>
/// Holds the handshake of a stream back until content comes, so that an attempt which fails right after it can still
/// become another account's answer (docs/architecture.md, "Commit gate and watchdog"). Pure: it moves bytes between
/// buffers and knows no clock, client or upstream.
/// </summary>
/// <param name="maxFrames">Handshake frames held; with one more the stream commits anyway.</param>
/// <param name="maxBytes">Bytes held; beyond them the stream commits anyway.</param>
public sealed class CommitGate(int maxFrames, int maxBytes) : IDisposable
{
    private PooledBufferWriter? _held;
    private int _frames;
    private int _kept;

    /// <summary>How far the answer has gone.</summary>
    public GateState State { get; private set; }

    /// <summary>Where the next frame is to be written: the held bytes until commit, then the client itself.</summary>
    public IBufferWriter<byte> Target(IBufferWriter<byte> client) =>
        State == GateState.Committed ? client : _held ??= new PooledBufferWriter();

    /// <summary>Judges the frame that was just written to <see cref="Target"/>.</summary>
    /// <returns>True when this frame commits the answer: the caller starts it, if that has not happened, and calls <see cref="Release"/>.</returns>
    public bool Take(FrameKind kind)
    {
        if (State == GateState.Committed)
        {
            return false;
        }

        var length = _held?.Length ?? 0;
        switch (kind)
        {
            case FrameKind.Content or FrameKind.Terminal:
                return true;
            case FrameKind.Handshake:
                _kept = length;
                return ++_frames > maxFrames || length > maxBytes;
            default:
                // Our own keep-alive stands in for pings; an error writes nothing.
                _held?.Rewind(_kept);
                return false;
        }
    }

    /// <summary>Headers and a comment went out.</summary>
    public void Open()
    {
        if (State == GateState.Held)
        {
            State = GateState.Opened;
        }
    }

    /// <summary>Commits: what was held goes to the client, and everything after it directly.</summary>
    public void Release(IBufferWriter<byte> client)
    {
        State = GateState.Committed;
        if (_held is { } held)
        {
            client.Write(held.Written.Span);
            held.Dispose();
            _held = null;
        }
    }

    /// <summary>Before another attempt: the failed one's handshake is forgotten.</summary>
    public void Reset()
    {
        _frames = 0;
        _kept = 0;
        _held?.Clear();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _held?.Dispose();
        _held = null;
    }
}
