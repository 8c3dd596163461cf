using System.Net.Sockets;
using System.Text;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Sockets;

/// <summary>Fault 47: handshakes that are none, pings without pongs, halves of a close. On raw sockets.</summary>
public sealed class Fault47SocketTests
{
    private const string Good = "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    [Fact]
    public async Task Fault47_good_handshake_is_answered_with_the_key_of_rfc_6455()
    {
        await using var host = await HostFixture.StartAsync();

        var answer = await host.RawAsync(Good, until: "\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 101 ");
        answer.ShouldContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    [Theory]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: short", "HTTP/1.1 400 ")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "HTTP/1.1 400 ")]
    [InlineData("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", "HTTP/1.1 426 ")]
    [InlineData("Sec-WebSocket-Version: 13\r\n", "", "HTTP/1.1 426 ")]
    public async Task Fault47_bad_handshake_is_refused_in_the_dialect(string good, string bad, string status)
    {
        await using var host = await HostFixture.StartAsync();

        var answer = await host.RawAsync(Good.Replace(good, bad, StringComparison.Ordinal), until: "}}");

        answer.ShouldStartWith(status);
        answer.ShouldContain("\"type\":\"invalid_request_error\"");
        answer.Contains("Sec-WebSocket-Version: 13", StringComparison.OrdinalIgnoreCase).ShouldBe(status.Contains("426", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fault47_foreign_page_gets_no_socket()
    {
        await using var host = await HostFixture.StartAsync();

        (await host.RawAsync(Good.Replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n", StringComparison.Ordinal), until: "}}")).ShouldStartWith("HTTP/1.1 403 ");
    }

    [Fact]
    public async Task Fault47_client_that_answers_no_ping_is_left()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { SocketPings = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(200)) });

        var answer = await host.RawAsync(Good); // reads until the host closes; pings come, pongs never

        answer.ShouldStartWith("HTTP/1.1 101 ");
        await UntilEmptyAsync(host);
    }

    [Fact]
    public async Task Fault47_half_a_close_ends_the_socket()
    {
        await using var host = await HostFixture.StartAsync();

        using var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(host.BaseUrl.Host, host.BaseUrl.Port);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(Good));
        (await HostFixture.ReadAsync(stream, until: "\r\n\r\n")).ShouldStartWith("HTTP/1.1 101 "); // first: a half close in its stead ends the request

        tcp.Client.Shutdown(SocketShutdown.Send);

        await HostFixture.ReadAsync(stream); // to the end: the host closes, too
        await UntilEmptyAsync(host);
    }

    [Fact]
    public async Task Fault47_masked_close_frame_is_answered_with_one()
    {
        await using var host = await HostFixture.StartAsync();
        using var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(host.BaseUrl.Host, host.BaseUrl.Port);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(Good));
        await HostFixture.ReadAsync(stream, until: "\r\n\r\n");

        await stream.WriteAsync(new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8 }); // FIN + close, masked with zeros, status 1000
        var rest = await HostFixture.ReadAsync(stream);

        rest.ShouldStartWith("\u0088\u0002\u0003\u00e8");
    }

    private static async Task UntilEmptyAsync(HostFixture host)
    {
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        while (host.Host.Pipeline.Inside > 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
