using System.Net;
using System.Net.Sockets;
using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Actors.Tests.Outbound;
using Proxy.Actors.Tests.Relay.Bench;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Relay;

/// <summary>Faults of spec/faults.md before any content: the second account's answer is what the client sees.</summary>
public sealed class UpstreamFaultsBeforeCommitSpecs
{
    [Fact]
    public async Task Fault01_connect_refused_ends_on_the_next_account()
    {
        await using var bench = new RelayBench();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        bench.AddAt(new Uri($"http://127.0.0.1:{port}"));

        await ServedByTheSecond(bench, FailureClass.Network);
    }

    [Fact]
    public async Task Fault02_name_that_does_not_exist_ends_on_the_next_account()
    {
        await using var bench = new RelayBench();
        bench.AddAt(new Uri("https://no-such-host.invalid"));

        await ServedByTheSecond(bench, FailureClass.Network);
    }

    [Fact]
    public async Task Fault03_certificate_that_nobody_trusts_ends_on_the_next_account()
    {
        await using var bench = new RelayBench();
        using var certificate = Certificates.SelfSigned();
        var upstream = bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask(), certificate: certificate);

        await ServedByTheSecond(bench, FailureClass.Network);
        upstream.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Fault03_upstream_that_speaks_no_tls_ends_on_the_next_account()
    {
        await using var bench = new RelayBench();
        await using var plain = new RawUpstream(call => call.StreamAsync(Frames.Answer("never")).AsTask());
        using var closing = new TcpListener(IPAddress.Loopback, 0);
        closing.Start();
        var accepted = AnswerGarbageAsync(closing);
        bench.AddAt(new Uri($"https://127.0.0.1:{((IPEndPoint)closing.LocalEndpoint).Port}"));

        await ServedByTheSecond(bench, FailureClass.Network);
        await accepted;
    }

    [Fact]
    public async Task Certificate_that_the_factory_trusts_is_enough()
    {
        using var certificate = Certificates.SelfSigned();
        await using var bench = new RelayBench(trusted: certificate);
        bench.Add(call => call.StreamAsync(Frames.Answer("hi")).AsTask(), certificate: certificate);

        var call = bench.Call();
        (await call.Result).Status.ShouldBe(200);

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault04_connection_that_is_never_made_ends_at_the_connect_limit()
    {
        await using var bench = new RelayBench();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        bench.AddAt(new Uri($"https://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"));
        bench.Add(call => call.StreamAsync(Frames.Answer("second")).AsTask());

        var call = bench.Call();
        using var accepted = await silent.AcceptSocketAsync();
        bench.Time.Advance(TimeSpan.FromSeconds(9));
        bench.Ended.ShouldBeEmpty();
        bench.Time.Advance(TimeSpan.FromSeconds(1));

        (await call.Result).LastFailure!.Code.ShouldBe("connect");
        call.Sink.Text.ShouldBe(Frames.Answer("second"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault05_headers_that_never_come_end_at_two_minutes_and_upstream_is_left()
    {
        await using var bench = new RelayBench();
        var asked = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        bench.Add(async call =>
        {
            asked.SetResult();
            await call.GoneAsync();
            left.SetResult();
        });
        bench.Add(call => call.StreamAsync(Frames.Answer("second")).AsTask());

        var call = bench.Call();
        await asked.Task.WaitAsync(Proxy.Testing.FailSafe.Limit);
        await KeepAlivesAsync(bench, call, 7);
        bench.Ended.ShouldBeEmpty();
        bench.Time.Advance(TimeSpan.FromSeconds(16));

        var result = await call.Result;
        result.LastFailure!.Code.ShouldBe("headerstimeout");
        call.Sink.Text.ShouldEndWith(Frames.Answer("second"));
        await left.Task.WaitAsync(Proxy.Testing.FailSafe.Limit);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault06_headers_and_then_no_byte_end_at_ten_minutes()
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync(QuotaHeader);
            await call.GoneAsync();
        });
        bench.Add(call => call.StreamAsync(Frames.Answer("second")).AsTask());

        var call = bench.Call();
        await bench.ToldAsync<AccountCommands.Observed>();
        await KeepAlivesAsync(bench, call, 39);
        bench.Ended.ShouldBeEmpty();
        bench.Time.Advance(TimeSpan.FromSeconds(16));

        (await call.Result).LastFailure!.Code.ShouldBe("silence");
        call.Sink.Text.ShouldEndWith(Frames.Answer("second"));
        await bench.ShouldBeBalancedAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fault07_empty_200_that_closes_is_truncated_and_ends_on_the_next_account(bool chunked)
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            if (chunked)
            {
                await call.BeginStreamAsync();
                await call.EndStreamAsync();
            }
            else
            {
                await call.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
                call.Close();
            }
        });

        await ServedByTheSecond(bench, FailureClass.Truncated);
    }

    [Fact]
    public async Task Fault07_handshake_and_then_a_clean_end_ends_on_the_next_account()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Head).AsTask());

        await ServedByTheSecond(bench, FailureClass.Truncated);
    }

    [Fact]
    public async Task Fault08_reset_after_the_headers_ends_on_the_next_account()
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            call.Reset();
        });

        await ServedByTheSecond(bench, FailureClass.Network);
    }

    [Theory]
    [InlineData(500, FailureClass.Transient)]
    [InlineData(502, FailureClass.Transient)]
    [InlineData(503, FailureClass.Overloaded)]
    [InlineData(504, FailureClass.Transient)]
    [InlineData(529, FailureClass.Overloaded)]
    public async Task Fault18_server_error_ends_on_the_next_account(int status, FailureClass expected)
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.AnswerAsync(status, """{"type":"error","error":{"type":"api_error","message":"broken"}}""").AsTask());

        await ServedByTheSecond(bench, expected);
    }

    [Fact]
    public async Task Fault19_error_event_after_the_handshake_ends_on_the_next_account()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Head + Frames.Overloaded).AsTask());

        await ServedByTheSecond(bench, FailureClass.Overloaded);
    }

    [Theory]
    [InlineData("Retry-After: 99999999999\r\n")]
    [InlineData("Retry-After: -5\r\n")]
    [InlineData("Retry-After: Thu, 01 Jan 2026 00:00:07 GMT\r\n")]
    [InlineData("Retry-After: soon\r\n")]
    [InlineData("")]
    public async Task Fault20_any_retry_after_is_survived(string header)
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.AnswerAsync(429, """{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}""", header).AsTask());

        bench.Add(call => call.StreamAsync(Frames.Answer("second")).AsTask());
        var call = bench.Call();
        var result = await call.Result;

        result.Status.ShouldBe(200);
        result.LastFailure!.Status.ShouldBe(429);
        await bench.ShouldBeBalancedAsync();
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task Fault21_redirect_is_never_followed(int status)
    {
        await using var bench = new RelayBench();
        await using var elsewhere = new RawUpstream(call => call.StreamAsync(Frames.Answer("elsewhere")).AsTask());
        bench.Add(call => call.AnswerAsync(status, "{}", $"Location: {elsewhere.Address}\r\n").AsTask());

        await ServedByTheSecond(bench, FailureClass.Network);
        elsewhere.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Fault22_compressed_stream_is_decoded(string encoding)
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync($"Content-Encoding: {encoding}\r\n");
            await call.ChunkAsync(BodyDecoderTests.Compress(Encoding.UTF8.GetBytes(Frames.Answer("hi")), encoding));
            await call.EndStreamAsync();
        });

        var call = bench.Call();
        await call.Result;

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault22_gzip_stream_that_nobody_announced_is_decoded()
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            var bytes = BodyDecoderTests.Compress(Encoding.UTF8.GetBytes(Frames.Answer("hi")), "gzip");
            await call.ChunkAsync(bytes.AsMemory(0, 1));
            await call.ChunkAsync(bytes.AsMemory(1));
            await call.EndStreamAsync();
        });

        var call = bench.Call();
        await call.Result;

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault22_compressed_single_json_and_error_are_decoded()
    {
        await using var bench = new RelayBench();
        const string error = """{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too large"}}""";
        bench.Add(call => call.AnswerAsync(400, "application/json", BodyDecoderTests.Compress(Encoding.UTF8.GetBytes(error), "gzip"), "Content-Encoding: gzip\r\n").AsTask());
        const string answer = """{"id":"m","type":"message","content":[],"usage":{"input_tokens":1,"output_tokens":1}}""";
        bench.Add(call => call.AnswerAsync(200, "application/json", BodyDecoderTests.Compress(Encoding.UTF8.GetBytes(answer), "br"), "Content-Encoding: br\r\n").AsTask());

        var call = bench.Call(stream: false);
        var result = await call.Result;

        result.LastFailure!.Message.ShouldContain("max_tokens: too large");
        call.Sink.Text.ShouldBe(answer);
        await bench.ShouldBeBalancedAsync();
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("gzip", false)]
    [InlineData("br", true)]
    [InlineData("zstd", true)]
    [InlineData("zstd", false)]
    public async Task Fault22_broken_or_unknown_compression_ends_on_the_next_account(string encoding, bool stream)
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.AnswerAsync(200, stream ? "text/event-stream" : "application/json", Encoding.UTF8.GetBytes(new string('x', 300)), $"Content-Encoding: {encoding}\r\n").AsTask());
        bench.Add(call => stream ? call.StreamAsync(Frames.Answer("second")).AsTask() : call.AnswerAsync(200, """{"id":"m","type":"message","content":[]}""").AsTask());

        var call = bench.Call(stream: stream);
        var result = await call.Result;

        result.Status.ShouldBe(200);
        result.LastFailure!.Code.ShouldBe("encoding");
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault23_pooled_connection_that_dies_under_a_call_is_tried_once_more()
    {
        await using var bench = new RelayBench();
        var upstream = bench.Add(async call =>
        {
            // The second call on the first connection is never answered: the server had closed it meanwhile.
            if (call is { Connection: 1, OnConnection: 2 })
            {
                call.Reset();
                return;
            }

            await call.AnswerAsync(200, """{"id":"m","type":"message","content":[]}""");
        });
        bench.AddAt(upstream.Address);
        (await bench.Call(stream: false).Result).Status.ShouldBe(200);

        var second = await bench.Call(stream: false).Result;

        second.Status.ShouldBe(200);
        second.Attempts.ShouldBe(1);
        second.LastFailure.ShouldBeNull();
        upstream.Calls.ShouldBe(3);
        upstream.Connections.ShouldBe(2);
        await bench.ShouldBeBalancedAsync(requests: 2);
    }

    [Fact]
    public async Task Fault23_fresh_connection_that_dies_is_not_tried_again_on_the_same_account()
    {
        await using var bench = new RelayBench();
        var upstream = bench.Add(call =>
        {
            call.Reset();
            return Task.CompletedTask;
        });

        await ServedByTheSecond(bench, FailureClass.Network);
        upstream.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Fault23_reused_connection_that_dies_after_a_byte_is_not_tried_again_on_the_same_account()
    {
        await using var bench = new RelayBench();
        var upstream = bench.Add(async call =>
        {
            if (call.OnConnection == 2)
            {
                await call.SendAsync("HTTP/1.1 2");
                call.Close();
                return;
            }

            await call.AnswerAsync(200, """{"id":"m","type":"message","content":[]}""");
        });
        bench.AddAt(upstream.Address);
        (await bench.Call(stream: false).Result).Status.ShouldBe(200);

        var second = await bench.Call(stream: false).Result;

        second.LastFailure!.Class.ShouldBe(FailureClass.Network);
        upstream.Calls.ShouldBe(2);
        await bench.ShouldBeBalancedAsync(requests: 2);
    }

    [Fact]
    public async Task Json_error_with_status_200_where_a_stream_was_asked_for_is_an_error()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.AnswerAsync(200, """{"error":{"message":"the engine is overloaded","type":"server_error","code":"server_is_overloaded"}}""").AsTask(), UpstreamKind.Compatible);
        bench.Add(call => call.StreamAsync(Frames.Chunk("second", "\"stop\"") + Frames.Done).AsTask(), UpstreamKind.Compatible);

        var call = bench.Call(Dialect.OpenAIChat);
        var result = await call.Result;

        result.LastFailure!.Class.ShouldBe(FailureClass.Overloaded);
        call.Sink.Text.ShouldContain("second");
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Interim_answer_of_the_upstream_is_skipped()
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
            await call.StreamAsync(Frames.Answer("hi"));
        });

        var call = bench.Call();
        (await call.Result).Attempts.ShouldBe(1);

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Response_headers_beyond_64_KiB_end_on_the_next_account()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Answer("never"), $"X-Long: {new string('x', 70_000)}\r\n").AsTask());

        await ServedByTheSecond(bench, FailureClass.Network);
    }

    [Fact]
    public async Task Nobody_left_becomes_a_real_status_in_the_callers_dialect()
    {
        await using var bench = new RelayBench();
        bench.NothingLeft = new() { Error = new ClientError(429, "all accounts are out"), RetryAfter = 17, TellNotToRetry = true };
        bench.Add(call => call.AnswerAsync(429, "{}", "request-id: req_up\r\nRetry-After: 3600\r\nanthropic-ratelimit-unified-status: rejected\r\nSet-Cookie: a=b\r\n").AsTask());

        var call = bench.Call();
        var result = await call.Result;

        result.Status.ShouldBe(429);
        call.Sink.Status.ShouldBe(429);
        call.Sink.ContentType.ShouldBe("application/json");
        call.Sink.Text.ShouldBe("""{"type":"error","error":{"type":"rate_limit_error","message":"all accounts are out"},"request_id":"req-test"}""");
        call.Sink.Headers["Retry-After"].ShouldBe("17");
        call.Sink.Headers["x-should-retry"].ShouldBe("false");
        call.Sink.Headers["request-id"].ShouldBe("req_up");
        call.Sink.Headers["x-proxy-attempts"].ShouldBe("1");
        call.Sink.Headers.ShouldNotContainKey("Set-Cookie");
        call.Sink.IsComplete.ShouldBeTrue();
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Nobody_left_after_a_keep_alive_becomes_an_in_stream_error()
    {
        await using var bench = new RelayBench();
        var asked = new TaskCompletionSource();
        var fail = new TaskCompletionSource();
        bench.Add(async call =>
        {
            asked.SetResult();
            await fail.Task;
            await call.AnswerAsync(500, "{}");
        });

        var call = bench.Call();
        await asked.Task.WaitAsync(Proxy.Testing.FailSafe.Limit);
        await KeepAlivesAsync(bench, call, 1);
        fail.SetResult();

        (await call.Result).Status.ShouldBe(200);
        call.Sink.Text.ShouldStartWith(": keep-alive\n\nevent: error\ndata: {\"type\":\"error\"");
        call.Sink.IsComplete.ShouldBeTrue();
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Login_is_not_sent_over_plain_http_to_another_machine()
    {
        await using var bench = new RelayBench();
        bench.AddAt(new Uri("http://192.0.2.1:80"));

        await ServedByTheSecond(bench, FailureClass.Network);
        bench.Ended.First().Outcome.Failure!.Message.ShouldContain("http://");
    }

    private const string QuotaHeader = "anthropic-ratelimit-unified-5h-utilization: 0.42\r\nanthropic-ratelimit-unified-5h-status: allowed\r\nanthropic-ratelimit-unified-5h-reset: 1767300000\r\n";

    private static async Task ServedByTheSecond(RelayBench bench, FailureClass expected)
    {
        var second = bench.Add(call => call.StreamAsync(Frames.Answer("second")).AsTask());

        var call = bench.Call();
        var result = await call.Result;

        call.Sink.Text.ShouldBe(Frames.Answer("second"));
        call.Sink.Headers["x-proxy-attempts"].ShouldBe("2");
        result.Status.ShouldBe(200);
        result.Attempts.ShouldBe(2);
        result.LastFailure!.Class.ShouldBe(expected);
        second.Calls.ShouldBe(1);
        await bench.ShouldBeBalancedAsync();
        var first = bench.Ended.First().Outcome;
        first.Failure!.Class.ShouldBe(expected);
        first.Committed.ShouldBeFalse();
        first.Cancelled.ShouldBeFalse();
    }

    internal static async Task KeepAlivesAsync(RelayBench bench, RelayCall call, int count)
    {
        var before = Count(call.Sink);
        for (var i = 1; i <= count; i++)
        {
            bench.Time.Advance(TimeSpan.FromSeconds(15));
            var expected = before + i;
            await call.Sink.WaitAsync(s => Count(s) >= expected, $"keep-alive {expected}");
        }
    }

    private static int Count(TestSink sink) => sink.Text.Split(": keep-alive\n\n").Length - 1 + sink.Text.Split(Frames.OwnPing).Length - 1;

    private static async Task AnswerGarbageAsync(TcpListener listener)
    {
        using var socket = await listener.AcceptSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes("220 mail.example ESMTP\r\n"));
    }
}
