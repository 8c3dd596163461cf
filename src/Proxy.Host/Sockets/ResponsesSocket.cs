using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Requests;
using Proxy.Protocol.Sockets;

namespace Proxy.Host.Sockets;

/// <summary>Serves one turn: the body that a message amounts to, into the socket's sink.</summary>
/// <param name="body">The body of an HTTP request.</param>
/// <param name="sink">Where the answer goes.</param>
/// <param name="gone">The client has left.</param>
/// <returns>Null when the turn was relayed, or why it can't be.</returns>
internal delegate Task<ClientError?> SocketTurn(ReadOnlyMemory<byte> body, SocketAnswerSink sink, CancellationToken gone);

/// <summary>
/// One client's WebSocket of Responses (spec/accounts.md 8.16): one turn after the other, each over HTTP upstream and by the
/// router's own choice of an account. While a turn runs, the socket is listened to, so that a client that leaves is noticed.
/// </summary>
/// <param name="socket">The client's socket, open.</param>
/// <param name="memory">What it may hold.</param>
/// <param name="serve">Serves a turn.</param>
/// <param name="time">The one clock.</param>
/// <param name="nextId">Names what the proxy itself answers.</param>
internal sealed class ResponsesSocket(WebSocket socket, SocketMemory memory, SocketTurn serve, TimeProvider time, Func<string> nextId)
{
    /// <summary>A client that was told goodbye has this long to say it, too.</summary>
    private static readonly TimeSpan GoodbyeWait = TimeSpan.FromSeconds(1);

    private static readonly ClientError NoRoom = new(503, "Too many large requests at once. Try again in a moment.");

    private readonly SocketTranscript _transcript = new(memory.Limit);

    /// <summary>Serves until the client leaves, breaks the protocol, or the proxy stops.</summary>
    /// <param name="stopping">The proxy stops: an idle socket is closed at once, a busy one after its turn.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        var stop = new TaskCompletionSource();
        await using var registration = stopping.Register(() => stop.TrySetResult());
        var next = SocketReader.ReadAsync(socket, memory);
        while (true)
        {
            if (await Task.WhenAny(next, stop.Task) == stop.Task)
            {
                await CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "the proxy stops", next);
                return;
            }

            var reading = await next;
            if (reading.End != SocketEnd.None)
            {
                await EndAsync(reading.End);
                return;
            }

            // The turn counts its message before the reader lets go of it.
            var hasRoom = memory.Turn.TryHold(_transcript.Held + reading.Text.Length);
            next = SocketReader.ReadAsync(socket, memory);
            if (!(hasRoom ? await TakeTurnAsync(reading.Text, next) : await SendErrorAsync(NoRoom)))
            {
                socket.Abort();
                await next;
                return;
            }
        }
    }

    /// <returns>False when the socket must go down.</returns>
    private async Task<bool> TakeTurnAsync(ReadOnlyMemory<byte> text, Task<SocketReading> next)
    {
        var body = new ArrayBufferWriter<byte>();
        var message = SocketMessage.Read(text, out var problem);
        problem ??= message is null ? null : _transcript.WriteBody(message, body);
        if (problem is not null)
        {
            return await SendErrorAsync(ToError(problem));
        }

        if (!message!.Generates)
        {
            return await PrepareAsync(message);
        }

        if (!memory.Turn.TryHold(_transcript.Held + text.Length + body.WrittenCount))
        {
            return await SendErrorAsync(NoRoom);
        }

        var sink = new SocketAnswerSink(socket);
        using var gone = new CancellationTokenSource();
        var turn = serve(body.WrittenMemory, sink, gone.Token);
        if (await Task.WhenAny(turn, next) == next && (await next).End != SocketEnd.None)
        {
            await gone.CancelAsync();
        }

        if (await turn is { } refused)
        {
            return await SendErrorAsync(refused);
        }

        if (sink.ResponseId is { } id)
        {
            Remember(message, id, sink.ResponseOutput);
        }

        return !sink.IsBroken;
    }

    /// <summary>A message that only prepares costs no quota: it is remembered, and what follows goes on from it.</summary>
    private async Task<bool> PrepareAsync(SocketMessage message)
    {
        var id = $"resp_{nextId()}";
        foreach (var isCompleted in new[] { false, true })
        {
            var output = new ArrayBufferWriter<byte>(512);
            SocketEvents.WritePrepared(id, message.Model, time.GetUtcNow().ToUnixTimeSeconds(), isCompleted, output);
            if (!await SendAsync(output.WrittenMemory))
            {
                return false;
            }
        }

        Remember(message, id, []);
        return true;
    }

    /// <summary>Remembers a turn while there is room for it. A client that goes on from one that was not is told, and sends the whole.</summary>
    private void Remember(SocketMessage message, string id, byte[] output)
    {
        _transcript.Remember(message, id, output);
        if (!memory.Turn.TryHold(_transcript.Held))
        {
            _transcript.Forget();
            memory.Turn.TryHold(0);
        }
    }

    private async Task<bool> SendErrorAsync(ClientError error)
    {
        var body = new ArrayBufferWriter<byte>(512);
        ErrorBody.WriteJson(Dialect.OpenAIResponses, error, null, body);
        var output = new ArrayBufferWriter<byte>(body.WrittenCount + 128);
        SocketEvents.WriteError(error.Status, body.WrittenSpan, [], output);
        return await SendAsync(output.WrittenMemory);
    }

    private async Task<bool> SendAsync(ReadOnlyMemory<byte> message)
    {
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            return true;
        }
        catch (WebSocketException)
        {
            return false;
        }
    }

    private Task EndAsync(SocketEnd end) => end switch
    {
        SocketEnd.Closed => CloseAsync(WebSocketCloseStatus.NormalClosure, string.Empty, next: null),
        SocketEnd.NotText => CloseAsync(WebSocketCloseStatus.InvalidMessageType, "only text messages are served", next: null),
        SocketEnd.NoRoom => CloseAsync(WebSocketCloseStatus.EndpointUnavailable, NoRoom.Message, next: null),
        SocketEnd.TooLarge => CloseAsync(WebSocketCloseStatus.MessageTooBig, $"a message is larger than limits.request-body ({memory.Limit} bytes)", next: null),
        _ => Task.CompletedTask,
    };

    private async Task CloseAsync(WebSocketCloseStatus status, string words, Task<SocketReading>? next)
    {
        try
        {
            await socket.CloseOutputAsync(status, words, CancellationToken.None);
            if (next is not null)
            {
                await next.WaitAsync(GoodbyeWait, time);
            }
        }
        catch (Exception lost) when (lost is WebSocketException or TimeoutException or OperationCanceledException)
        {
            socket.Abort();
        }
    }

    private static ClientError ToError(RequestProblem problem) =>
        new(400, problem.Message, "invalid_request_error", problem.Code, problem.Parameter);
}
