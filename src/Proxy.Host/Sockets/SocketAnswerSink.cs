using System.Buffers;
using System.Net.WebSockets;
using Proxy.Actors.Relay;
using Proxy.Protocol.Sockets;
using Proxy.Protocol.Sse;

namespace Proxy.Host.Sockets;

/// <summary>
/// An answer on a WebSocket: each event of the stream is one text message, an error that came before the stream is one, too.
/// Keep-alive comments become nothing: the socket has its own pings. Used for one answer, by its request's task only.
/// </summary>
/// <param name="socket">The client's socket.</param>
internal sealed class SocketAnswerSink(WebSocket socket) : IAnswerSink
{
    private readonly ArrayBufferWriter<byte> _written = new(4096);
    private readonly SseFramer _framer = new();
    private IReadOnlyList<KeyValuePair<string, string>> _headers = [];
    private int _status;

    /// <summary>True when the socket must go down: the client may not take what it has for a whole answer.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The id of the response that was told to its end; null when it was not.</summary>
    public string? ResponseId { get; private set; }

    /// <summary>The output of that response: a JSON array.</summary>
    public byte[] ResponseOutput { get; private set; } = [];

    /// <inheritdoc />
    public bool HasStarted { get; private set; }

    /// <inheritdoc />
    public IBufferWriter<byte> Output => _written;

    /// <inheritdoc />
    public void Start(int status, string contentType, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        (_status, _headers) = (status, headers);
        HasStarted = true;
    }

    /// <inheritdoc />
    public async ValueTask<bool> FlushAsync(CancellationToken cancellation)
    {
        if (_status != 200)
        {
            return true; // the error's body is sent whole, at the end
        }

        try
        {
            var rest = new ReadOnlySequence<byte>(_written.WrittenMemory);
            while (_framer.TryRead(ref rest, out var frame))
            {
                if (!frame.Data.IsEmpty)
                {
                    Look(frame.Data);
                    await socket.SendAsync(frame.Data, WebSocketMessageType.Text, endOfMessage: true, cancellation);
                }
            }

            Keep(rest);
            return socket.State is WebSocketState.Open;
        }
        catch (WebSocketException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public async ValueTask CompleteAsync()
    {
        if (_status is 0 or 200)
        {
            return;
        }

        var error = new ArrayBufferWriter<byte>(_written.WrittenCount + 512);
        SocketEvents.WriteError(_status, _written.WrittenSpan, _headers, error);
        try
        {
            await socket.SendAsync(error.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            IsBroken = true;
        }
    }

    /// <inheritdoc />
    public void Abort() => IsBroken = true;

    private void Look(ReadOnlyMemory<byte> data)
    {
        if (SocketEvents.TryReadTerminal(data, out var id, out var output))
        {
            (ResponseId, ResponseOutput) = (id, output.ToArray());
        }
    }

    private void Keep(ReadOnlySequence<byte> rest)
    {
        var left = rest.ToArray();
        _written.ResetWrittenCount();
        _written.Write(left);
    }
}
