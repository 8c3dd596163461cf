using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Proxy.Actors.Tests.Relay.Bench;

/// <summary>An HTTP/1.1 server on a bare socket that does exactly what a test's script says, down to the reset.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<RawCall, Task> _script;
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;
    private int _connections;
    private int _calls;

    public RawUpstream(Func<RawCall, Task> script, X509Certificate2? certificate = null)
    {
        _script = script;
        _certificate = certificate;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}");

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    public int Calls => Volatile.Read(ref _calls);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                serving.Add(ServeAsync(socket, Interlocked.Increment(ref _connections)));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket, int connection)
    {
        await Task.Yield();
        using (socket)
        {
            try
            {
                Stream stream = new NetworkStream(socket, ownsSocket: false);
                if (_certificate is not null)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                    stream = tls;
                }

                for (var onConnection = 1; await ReadCallAsync(stream, socket, connection, onConnection) is { } call; onConnection++)
                {
                    await _script(call).WaitAsync(_stop.Token); // a script may wait for what a test that has failed never tells it
                    if (call.IsOver)
                    {
                        return;
                    }
                }
            }
            catch (Exception broken) when (broken is IOException or OperationCanceledException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
            {
                // The client left, or the test is over.
            }
        }
    }

    private async Task<RawCall?> ReadCallAsync(Stream stream, Socket socket, int connection, int onConnection)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        var text = Encoding.ASCII.GetString(head.ToArray());
        var length = text.Split("\r\n").Select(l => l.Split(": ", 2)).FirstOrDefault(l => l[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
        var body = new byte[length is null ? 0 : int.Parse(length[1])];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return new RawCall(stream, socket, text, body, Interlocked.Increment(ref _calls), connection, onConnection, _stop.Token);
    }
}

/// <summary>One request that came in, and the pen for its answer.</summary>
internal sealed class RawCall(Stream stream, Socket socket, string head, byte[] body, int number, int connection, int onConnection, CancellationToken stop)
{
    public string Head => head;

    public string Body => Encoding.UTF8.GetString(body);

    public int Number => number;

    public int Connection => connection;

    public int OnConnection => onConnection;

    public bool IsOver { get; private set; }

    public CancellationToken Stop => stop;

    public string? Header(string name) =>
        head.Split("\r\n").Select(l => l.Split(": ", 2)).FirstOrDefault(l => l[0].Equals(name, StringComparison.OrdinalIgnoreCase)) is { Length: 2 } found ? found[1] : null;

    public ValueTask SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes, stop);

    /// <summary>A whole answer.</summary>
    public async ValueTask AnswerAsync(int status, string contentType, ReadOnlyMemory<byte> content, string headers = "")
    {
        await SendAsync($"HTTP/1.1 {status} x\r\nContent-Type: {contentType}\r\nContent-Length: {content.Length}\r\n{headers}\r\n");
        await SendAsync(content);
    }

    public ValueTask AnswerAsync(int status, string json, string headers = "") => AnswerAsync(status, "application/json", Encoding.UTF8.GetBytes(json), headers);

    /// <summary>Status and headers of an event stream.</summary>
    public ValueTask BeginStreamAsync(string headers = "") =>
        SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n{headers}\r\n");

    /// <summary>Bytes of a stream that has begun.</summary>
    public ValueTask ChunkAsync(string text) => ChunkAsync(Encoding.UTF8.GetBytes(text));

    public async ValueTask ChunkAsync(ReadOnlyMemory<byte> bytes)
    {
        await SendAsync($"{bytes.Length:x}\r\n");
        await SendAsync(bytes);
        await SendAsync("\r\n");
    }

    public ValueTask EndStreamAsync() => SendAsync("0\r\n\r\n");

    /// <summary>A whole event stream.</summary>
    public async ValueTask StreamAsync(string frames, string headers = "")
    {
        await BeginStreamAsync(headers);
        await ChunkAsync(frames);
        await EndStreamAsync();
    }

    /// <summary>A clean end of the connection, whatever the answer had promised.</summary>
    public void Close()
    {
        IsOver = true;
        socket.Shutdown(SocketShutdown.Send);
        socket.Close();
    }

    /// <summary>RST.</summary>
    public void Reset()
    {
        IsOver = true;
        socket.LingerState = new LingerOption(enable: true, 0);
        socket.Close();
    }

    /// <summary>Completes when the other side has given up this connection.</summary>
    public async Task GoneAsync()
    {
        IsOver = true;
        try
        {
            while (await stream.ReadAsync(new byte[256], stop) > 0)
            {
                // Nothing more is expected, and nothing of it matters.
            }
        }
        catch (IOException)
        {
            // A reset is a leave as well.
        }
    }
}
