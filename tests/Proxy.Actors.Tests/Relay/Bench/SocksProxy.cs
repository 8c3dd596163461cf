using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Proxy.Actors.Tests.Relay.Bench;

/// <summary>A SOCKS5 proxy that notes where it should go, and answers there itself.</summary>
internal sealed class SocksProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    public SocksProxy(string frames)
    {
        _listener.Start();
        _serving = ServeAsync(frames);
    }

    public Uri Address => new($"socks5://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public string Asked { get; private set; } = string.Empty;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync(string frames)
    {
        try
        {
            using var socket = await _listener.AcceptSocketAsync();
            await using var stream = new NetworkStream(socket);
            var head = new byte[2];
            await stream.ReadExactlyAsync(head);
            await stream.ReadExactlyAsync(new byte[head[1]]);
            await stream.WriteAsync(new byte[] { 5, 0 });
            var ask = new byte[5];
            await stream.ReadExactlyAsync(ask);
            var name = new byte[ask[4] + 2];
            await stream.ReadExactlyAsync(name);
            Asked = $"{Encoding.ASCII.GetString(name, 0, ask[4])}:{(name[^2] << 8) | name[^1]}";
            await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 127, 0, 0, 1, 0, 80 });
            var read = await stream.ReadAsync(new byte[64 * 1024]);
            if (read > 0)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{frames}"));
            }
        }
        catch (Exception stopped) when (stopped is IOException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
