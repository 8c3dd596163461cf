using Proxy.Actors.Accounts;
using Proxy.Actors.Tests.Relay.Bench;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Relay;

/// <summary>The main path: one request, one answer.</summary>
public sealed class RelaySpecs
{
    [Fact]
    public async Task Stream_of_the_same_dialect_passes_byte_for_byte()
    {
        await using var bench = new RelayBench();
        string? head = null;
        string? body = null;
        bench.Add(async call =>
        {
            (head, body) = (call.Head, call.Body);
            await call.StreamAsync(Frames.Answer("hello"), "request-id: req_up\r\nanthropic-organization-id: org-made-up\r\nSet-Cookie: a=b\r\nServer: x\r\ncf-ray: y\r\n");
        });

        var call = bench.Call();
        var result = await call.Result;

        result.LastFailure.ShouldBeNull();
        bench.Log.Bugs.ShouldBeEmpty();
        call.Sink.Text.ShouldBe(Frames.Answer("hello"));
        call.Sink.Status.ShouldBe(200);
        call.Sink.ContentType.ShouldBe("text/event-stream");
        call.Sink.IsComplete.ShouldBeTrue();
        call.Sink.Headers.ShouldBe(new Dictionary<string, string>
        {
            ["x-proxy-request-id"] = "req-test",
            ["x-proxy-attempts"] = "1",
            ["Cache-Control"] = "no-cache",
            ["X-Accel-Buffering"] = "no",
            ["request-id"] = "req_up",
        }, ignoreOrder: true);
        body!.ShouldContain("\"model\":\"upstream-model\"");
        head!.ShouldStartWith("POST /v1/messages");
        head.ShouldContain("Authorization: Bearer sandbox-access-1");
        head.ShouldContain("Accept-Encoding: identity");
        head.ShouldContain("User-Agent: CliProxyActors/");
        head.ShouldNotContain("Transfer-Encoding");
        head.ShouldNotContain("traceparent");
        result.Status.ShouldBe(200);
        result.Attempts.ShouldBe(1);
        result.Account.ShouldBe("account 1");
        result.Usage.UncachedInput.ShouldBe(7);
        result.Usage.Output.ShouldBe(5);
        result.FirstByte.ShouldNotBeNull();
        result.LastFailure.ShouldBeNull();
        var row = bench.Ledger.All.ShouldHaveSingleItem();
        row.Usage.Output.ShouldBe(5);
        row.Status.ShouldBe(200);
        (row.AskedModel, row.Model, row.Label, row.Purpose).ShouldBe(("asked-model", "upstream-model", "account 1", Purpose.Inference));
        (row.IsStreamed, row.IsCommitted, row.IsCancelled, row.Failure).ShouldBe((true, true, false, null));
        await bench.ShouldBeBalancedAsync();
        bench.Ended.Single().Outcome.Failure.ShouldBeNull();
        bench.Ended.Single().Outcome.Committed.ShouldBeTrue();
    }

    [Fact]
    public async Task Single_json_passes_byte_for_byte()
    {
        await using var bench = new RelayBench();
        const string answer = """{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"hi"}],"usage":{"input_tokens":3,"output_tokens":2}}""";
        bench.Add(call => call.AnswerAsync(200, answer, "anthropic-ratelimit-unified-5h-utilization: 0.5\r\nretry-after: 3\r\n").AsTask());

        var call = bench.Call(stream: false);
        var result = await call.Result;

        call.Sink.Text.ShouldBe(answer);
        call.Sink.ContentType.ShouldBe("application/json");
        call.Sink.Headers["Content-Length"].ShouldBe(answer.Length.ToString());
        call.Sink.Headers["anthropic-ratelimit-unified-5h-utilization"].ShouldBe("0.5");
        call.Sink.Headers.ShouldNotContainKey("retry-after");
        result.Usage.Output.ShouldBe(2);
        await bench.ShouldBeBalancedAsync();
        bench.Ended.Single().Outcome.ShouldBe(AttemptOutcome.Success);
    }

    [Fact]
    public async Task Client_that_wants_a_single_json_of_codex_gets_the_gathered_stream()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Created + Frames.OutputText("hi") + Frames.Completed("hi")).AsTask(), UpstreamKind.Codex);

        var call = bench.Call(Dialect.OpenAIResponses, stream: false);
        await call.Result;

        call.Sink.Status.ShouldBe(200);
        call.Sink.Text.ShouldStartWith("{\"id\":\"resp_1\"");
        call.Sink.Text.ShouldEndWith("}");
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Gathered_stream_that_fails_late_still_fails_over()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Created + Frames.OutputText("lost")).AsTask(), UpstreamKind.Codex);
        bench.Add(call => call.StreamAsync(Frames.Created + Frames.OutputText("kept") + Frames.Completed("kept")).AsTask(), UpstreamKind.Codex);

        var call = bench.Call(Dialect.OpenAIResponses, stream: false);
        await call.Result;

        call.Sink.Status.ShouldBe(200);
        call.Sink.Text.ShouldContain("kept");
        call.Sink.Text.ShouldNotContain("lost");
        await bench.ShouldBeBalancedAsync();
        bench.Ended.First().Outcome.ShouldSatisfyAllConditions(o => o.Failure!.Class.ShouldBe(FailureClass.Truncated), o => o.Committed.ShouldBeFalse());
    }

    [Fact]
    public async Task Chat_stream_of_a_compatible_server_passes_and_its_usage_is_counted()
    {
        await using var bench = new RelayBench();
        var frames = Frames.Chunk("a") + Frames.Chunk("b", "\"stop\"", ",\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":9,\"total_tokens\":11}") + Frames.Done;
        bench.Add(call => call.StreamAsync(frames).AsTask(), UpstreamKind.Compatible, edit: l => l with { IsOAuth = false, BaseUrl = new Uri(l.BaseUrl, "/v1/") });

        var call = bench.Call(Dialect.OpenAIChat);
        var result = await call.Result;

        call.Sink.Text.ShouldBe(frames);
        result.Usage.Output.ShouldBe(9);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Quota_readings_of_the_headers_reach_the_account_before_the_answer_ends()
    {
        await using var bench = new RelayBench();
        var release = new TaskCompletionSource();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync("anthropic-ratelimit-unified-5h-utilization: 0.42\r\nanthropic-ratelimit-unified-5h-status: allowed\r\nanthropic-ratelimit-unified-5h-reset: 1767300000\r\n");
            await release.Task;
            await call.ChunkAsync(Frames.Answer("hi"));
            await call.EndStreamAsync();
        });

        var call = bench.Call();
        var observed = await bench.ToldAsync<AccountCommands.Observed>();
        observed.Reading.Windows.ShouldContain(w => w.UsedShare == 0.42);
        call.Task.IsCompleted.ShouldBeFalse();
        release.SetResult();

        await call.Result;
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Key_of_a_custom_server_is_a_bearer_and_the_accounts_own_headers_come_last()
    {
        await using var bench = new RelayBench();
        RawCall? seen = null;
        bench.Add(
            call =>
            {
                seen = call;
                return call.StreamAsync(Frames.Answer("hi")).AsTask();
            },
            edit: l => l with { IsOAuth = false, ChatGptAccountId = "acc-made-up", Headers = [new("User-Agent", "mine"), new("X-Own", "1"), new("Content-Type", "application/json; own")] });

        await bench.Call().Result;

        seen!.Header("Authorization").ShouldBe("Bearer sandbox-access-1");
        seen.Header("x-api-key").ShouldBeNull();
        seen.Header("ChatGPT-Account-Id").ShouldBe("acc-made-up");
        seen.Header("User-Agent").ShouldBe("mine");
        seen.Header("X-Own").ShouldBe("1");
        seen.Header("Content-Type").ShouldBe("application/json; own");
    }

    [Fact]
    public async Task Body_memory_is_given_back_at_commit_while_the_stream_goes_on()
    {
        await using var bench = new RelayBench();
        var release = new TaskCompletionSource();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Head + Frames.Text("one"));
            await release.Task;
            await call.ChunkAsync(Frames.Tail);
            await call.EndStreamAsync();
        });
        var owner = new Owner();

        var call = bench.Call(owner: owner);
        await call.Sink.WaitForAsync("one");
        owner.Disposed.ShouldBe(1);
        release.SetResult();

        await call.Result;
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task One_read_with_many_frames_is_flushed_once()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Head + string.Concat(Enumerable.Range(0, 50).Select(i => Frames.Text($"{i}"))) + Frames.Tail).AsTask());

        var call = bench.Call();
        await call.Result;

        call.Sink.Flushes.ShouldBeLessThanOrEqualTo(3);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Second_request_uses_the_connection_of_the_first()
    {
        await using var bench = new RelayBench();
        var upstream = bench.Add(call => call.StreamAsync(Frames.Answer("hi")).AsTask());
        for (var i = 0; i < 9; i++)
        {
            bench.AddAt(upstream.Address);
        }

        for (var i = 0; i < 10; i++)
        {
            (await bench.Call().Result).Status.ShouldBe(200);
            // The end of the last answer is read behind our back; a new call may overtake it.
        }

        upstream.Calls.ShouldBe(10);
        upstream.Connections.ShouldBeLessThanOrEqualTo(2);
        await bench.ShouldBeBalancedAsync(requests: 10);
    }

    private sealed class Owner : IDisposable
    {
        public int Disposed { get; private set; }

        public void Dispose() => Disposed++;
    }
}
