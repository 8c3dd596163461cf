using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Bodies;

/// <summary>The memory of all bodies together: who takes it, and that it is given back.</summary>
public sealed class BodyBudgetTests
{
    private const string Body = """{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task Uploads_that_are_announced_and_never_sent_shut_nobody_out()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { request-body: 16MiB, body-budget: 32MiB }" });
        var idle = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 8; i++)
            {
                var socket = new TcpClient { NoDelay = true };
                idle.Add(socket);
                await socket.ConnectAsync(host.BaseUrl.Host, host.BaseUrl.Port);
                await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                    $"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {16 * 1024 * 1024}\r\nExpect: 100-continue\r\n\r\n"));

                // The continue is sent when the body is asked for: what it reserves is reserved by then.
                (await HostFixture.ReadAsync(socket.GetStream(), "\r\n\r\n")).ShouldStartWith("HTTP/1.1 100 ");
            }

            using var answer = await host.Client.PostAsync("/v1/messages", Json(Encoding.UTF8.GetBytes(new string(' ', 8 * 1024 * 1024) + Body)));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            idle.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Uploads_that_break_off_give_back_what_they_took()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { request-body: 64KiB, body-budget: 64KiB }" });
        for (var i = 0; i < 5; i++)
        {
            var cut = await host.RawAsync($"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{new string(' ', 50_000)}", half: true);
            cut.ShouldNotContain("HTTP/1.1 200");

            // The connection may end a moment before the request inside of the proxy does.
            using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
            while (host.Host.Pipeline.Inside > 0 && !deadline.IsCancellationRequested)
            {
                await Task.Yield();
            }

            using var answer = await host.Client.PostAsync("/v1/messages", Json(Encoding.UTF8.GetBytes(new string(' ', 60_000) + Body)));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task What_unfolds_is_counted_while_it_unfolds_and_given_back()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { request-body: 8MiB, body-budget: 1MiB }" });
        for (var i = 0; i < 3; i++)
        {
            using var large = await host.Client.PostAsync("/v1/messages", Gzip(new string(' ', 4 * 1024 * 1024) + Body, CompressionLevel.NoCompression));
            large.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            using var fits = await host.Client.PostAsync("/v1/messages", Gzip(new string(' ', 300 * 1024) + Body, CompressionLevel.Optimal));
            fits.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(64 * 1024)]
    public async Task A_compressed_body_may_be_as_large_as_the_limit_and_no_larger(int length)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { request-body: 64KiB }" });
        using var fits = await host.Client.PostAsync("/v1/messages", Gzip(Body.PadLeft(length), CompressionLevel.Optimal));
        fits.StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Fake.Bodies.ShouldHaveSingleItem().ShouldBe(Body.PadLeft(length));
        using var over = await host.Client.PostAsync("/v1/messages", Gzip(Body.PadLeft((64 * 1024) + 1), CompressionLevel.Optimal));
        over.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    private static ByteArrayContent Json(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static ByteArrayContent Gzip(string text, CompressionLevel level)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, level))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        var content = Json(output.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }
}
