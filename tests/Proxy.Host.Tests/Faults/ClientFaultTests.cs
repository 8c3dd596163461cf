using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Proxy.Host.Tests.Hosting;
using Proxy.Testing;

namespace Proxy.Host.Tests.Faults;

/// <summary>What clients do to the door, most of it on raw sockets (spec/faults.md 39-42, 46).</summary>
public sealed class ClientFaultTests
{
    private const string Body = """{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""";
    private static readonly string Post = $"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n";

    [Fact]
    public async Task Fault39_slow_headers_are_cut_off()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Kestrel = k => k.Limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(300) });
        var answer = await host.RawAsync("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        answer.ShouldStartWith("HTTP/1.1 408 ");
        host.Fake.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fault39_slow_bodies_are_cut_off()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Kestrel = k => k.Limits.MinRequestBodyDataRate = new Microsoft.AspNetCore.Server.Kestrel.Core.MinDataRate(1_000_000, TimeSpan.FromMilliseconds(1001)),
        });
        var answer = await host.RawAsync(Post + "\r\n{\"model\":");
        answer.ShouldStartWith("HTTP/1.1 408 ");
        answer.ShouldContain("\"type\":\"error\"");
        host.Fake.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fault40_pipelined_requests_are_answered_in_order()
    {
        await using var host = await HostFixture.StartAsync();
        var answer = await host.RawAsync(
            $"{Post}\r\n{Body}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n{Post}Connection: close\r\n\r\n{Body}");
        var order = new[] { "{\"ok\":true}", "{\"status\":\"ok\"}", "HTTP/1.1 404 ", "{\"ok\":true}" };
        var at = 0;
        foreach (var part in order)
        {
            at = answer.IndexOf(part, at, StringComparison.Ordinal);
            at.ShouldBeGreaterThanOrEqualTo(0, part);
            at += part.Length;
        }

        host.Fake.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("Content-Length: 7\r\nContent-Length: 8\r\n", "400")]
    [InlineData("Content-Length: -1\r\n", "400")]
    [InlineData("Content-Length: 1e3\r\n", "400")]
    [InlineData("X-Bad\u0001Name: 1\r\n", "400")]
    [InlineData("X-Bad : 1\r\n", "400")]
    [InlineData("X-Bad: a\u0000b\r\n", "400")]
    [InlineData("X-Bad: a\rb\r\n", "400")]
    [InlineData("no colon\r\n", "400")]
    [InlineData(" folded: 1\r\n", "400")]
    [InlineData("Host: other\r\n", "400")]
    public async Task Fault41_malformed_headers_are_refused_and_the_connection_ends(string headers, string status)
    {
        await using var host = await HostFixture.StartAsync();
        var answer = await host.RawAsync($"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n{Body}");
        answer.ShouldStartWith($"HTTP/1.1 {status} ");
        host.Fake.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fault41_both_lengths_leave_no_room_for_a_second_request()
    {
        await using var host = await HostFixture.StartAsync();
        var answer = await host.RawAsync(
            $"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{Body.Length:x}\r\n{Body}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");

        // RFC 9112 §6.3: Transfer-Encoding counts, and the connection ends behind the answer.
        answer.ShouldStartWith("HTTP/1.1 200 ");
        answer.ShouldContain("Connection: close");
        answer.ShouldNotContain("{\"status\":\"ok\"}");
        host.Fake.Bodies.ShouldHaveSingleItem().ShouldBe(Body);
    }

    [Theory]
    [InlineData("zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\r\n{}xx0\r\n\r\n")]
    [InlineData("-1\r\n{}\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffffffff\r\n")]
    public async Task Fault41_bad_chunks_are_refused(string chunks)
    {
        await using var host = await HostFixture.StartAsync();
        var answer = await host.RawAsync($"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        answer.ShouldStartWith("HTTP/1.1 400 ");
        host.Fake.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fault41_headers_of_64_kB_are_refused_and_an_underscore_is_harmless()
    {
        await using var host = await HostFixture.StartAsync();
        var answer = await host.RawAsync($"{Post}X-Big: {new string('a', 64 * 1024)}\r\n\r\n{Body}");
        answer.ShouldStartWith("HTTP/1.1 431 ");
        host.Fake.Requests.ShouldBeEmpty();
        var fine = await host.RawAsync($"{Post}X_under_score: 1\r\nConnection: close\r\n\r\n{Body}");
        fine.ShouldStartWith("HTTP/1.1 200 ");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fault42_a_body_over_the_limit_is_refused_in_the_callers_dialect(bool declared)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { request-body: 64KiB }" });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = Json(new string(' ', 65 * 1024) + Body) };
        request.Headers.TransferEncodingChunked = !declared;
        using var answer = await host.Client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("request_too_large");
        using var fits = await host.Client.PostAsync("/v1/messages", Json(new string(' ', 60 * 1024) + Body));
        fits.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Fault42_compressed_bodies_are_inflated_and_bombs_are_not(string encoding)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { request-body: 8MiB }" });
        using var fits = await host.Client.PostAsync("/v1/messages", Compressed(Encoding.UTF8.GetBytes(Body), encoding));
        fits.StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Fake.Bodies.ShouldHaveSingleItem().ShouldBe(Body);

        // over the limit, and under it but at a ratio that only a bomb has
        foreach (var size in new[] { 9, 6 })
        {
            using var bomb = await host.Client.PostAsync("/v1/messages", Compressed(new byte[size * 1024 * 1024], encoding));
            bomb.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        }

        var cut = await Compressed(Encoding.UTF8.GetBytes(Body), encoding).ReadAsByteArrayAsync();
        using var broken = await host.Client.PostAsync("/v1/messages", WithEncoding(cut[..(cut.Length / 2)], encoding));
        broken.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        host.Fake.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault42_zstd_body_is_served_a_broken_one_named_and_a_bomb_stopped()
    {
        await using var host = await HostFixture.StartAsync();
        using var served = await host.Client.PostAsync("/v1/responses", WithEncoding(ZstdSamples.Request, "zstd"));
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Fake.Requests.ShouldHaveSingleItem().Client.Model.ShouldBe("gpt-5.5");

        using var broken = await host.Client.PostAsync("/v1/responses", WithEncoding([0x28, 0xb5, 0x2f, 0xfd, 0, 0], "zstd"));
        broken.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var bomb = await host.Client.PostAsync("/v1/responses", WithEncoding(ZstdSamples.Bomb, "zstd"));
        bomb.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var unknown = await host.Client.PostAsync("/v1/responses", WithEncoding(ZstdSamples.Request, "lzma"));
        unknown.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await unknown.Content.ReadAsStringAsync()).ShouldContain("lzma");
        host.Fake.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault42_gzip_is_recognised_unannounced()
    {
        await using var host = await HostFixture.StartAsync();
        var gzip = await Compressed(Encoding.UTF8.GetBytes(Body), "gzip").ReadAsByteArrayAsync();
        using var silent = await host.Client.PostAsync("/v1/messages", WithEncoding(gzip, null));
        silent.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Fault42_bodies_beyond_the_budget_of_all_together_are_told_to_come_back()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { body-budget: 100KiB }" });
        var inside = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        host.Fake.Answer = async (request, sink, gone) =>
        {
            inside.TrySetResult();
            await go.Task;
            return await FakeEngine.Ok(request, sink, gone);
        };
        var first = host.Client.PostAsync("/v1/messages", Json(new string(' ', 60 * 1024) + Body));
        await inside.Task.WaitAsync(Deadline.Long);
        using var second = await host.Client.PostAsync("/v1/messages", Json(new string(' ', 60 * 1024) + Body));
        second.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        second.Headers.RetryAfter.ShouldNotBeNull();
        go.SetResult();
        (await first).StatusCode.ShouldBe(HttpStatusCode.OK);
        for (var i = 0; i < 5; i++)
        {
            using var again = await host.Client.PostAsync("/v1/messages", Json(new string(' ', 60 * 1024) + Body));
            again.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Fault46_expect_100_continue_is_answered_before_the_body_and_not_for_a_refusal()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "api-keys: [made-up-client-key]" });
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(host.BaseUrl.Host, host.BaseUrl.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Post}x-api-key: made-up-client-key\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"));
        (await HostFixture.ReadAsync(stream, "\r\n\r\n")).ShouldBe("HTTP/1.1 100 Continue\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Body));
        (await HostFixture.ReadAsync(stream)).ShouldStartWith("HTTP/1.1 200 ");

        var refused = await host.RawAsync($"{Post}Expect: 100-continue\r\nConnection: close\r\n\r\n", until: "\r\n\r\n");
        refused.ShouldStartWith("HTTP/1.1 401 ");
    }

    [Fact]
    public async Task A_client_that_leaves_is_told_to_the_relay()
    {
        await using var host = await HostFixture.StartAsync();
        var inside = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        host.Fake.Answer = async (_, _, gone) =>
        {
            await using var registration = gone.Register(() => left.TrySetResult());
            inside.TrySetResult();
            await left.Task;
            return new Actors.Relay.RelayResult { Status = 499, ClientGone = true };
        };
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(host.BaseUrl.Host, host.BaseUrl.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{Post}\r\n{Body}"));
            await inside.Task.WaitAsync(Deadline.Long);
        }

        await left.Task.WaitAsync(Deadline.Long);
        (await host.Logs.Line(l => l.Contains("499", StringComparison.Ordinal))).ShouldContain("client left");
    }

    [Fact]
    public async Task A_broken_answer_reaches_the_client_but_never_looks_whole()
    {
        await using var host = await HostFixture.StartAsync();
        host.Fake.Answer = async (_, sink, gone) =>
        {
            sink.Start(200, "text/event-stream", []);
            System.Buffers.BuffersExtensions.Write(sink.Output, "data: half\n\n"u8);
            await sink.FlushAsync(gone);
            sink.Abort();
            return new Actors.Relay.RelayResult { Status = 200 };
        };
        var answer = await host.RawAsync($"{Post}\r\n{Body}");
        answer.ShouldContain("data: half");
        answer.ShouldContain("X-Accel-Buffering: no");
        answer.ShouldContain("Cache-Control: no-cache");
        answer.ShouldNotContain("\r\n0\r\n\r\n");
    }

    private static ByteArrayContent Json(string text) => WithEncoding(Encoding.UTF8.GetBytes(text), null);

    private static ByteArrayContent WithEncoding(byte[] bytes, string? encoding)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        return content;
    }

    private static ByteArrayContent Compressed(byte[] plain, string encoding)
    {
        using var output = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(output, CompressionLevel.Optimal),
            "deflate" => new ZLibStream(output, CompressionLevel.Optimal),
            _ => new BrotliStream(output, CompressionLevel.Optimal),
        })
        {
            stream.Write(plain);
        }

        return WithEncoding(output.ToArray(), encoding);
    }
}
