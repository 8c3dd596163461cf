using System.IO.Compression;
using System.Net;
using System.Text;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Tests.Faults;

public sealed class ScriptedFaultTests
{
    [Fact]
    public async Task Script_is_consumed_one_per_request_and_only_by_its_operation()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox["claude-1"].Script.Enqueue(
            SandboxFault.Answer(500, "{}").For(SandboxOperation.CountTokens),
            SandboxFault.Answer(503, "{}"),
            SandboxFault.Html(403));
        using var first = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        using var second = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        using var third = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        ((int)first.StatusCode).ShouldBe(503);
        second.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        ((int)third.StatusCode).ShouldBe(200);
        sandbox["claude-1"].Script.Waiting.ShouldBe(1);
        sandbox["claude-1"].Script.Always = SandboxFault.Redirect("http://127.0.0.1:1/");
        using var redirected = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        redirected.Headers.Location!.Port.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_held_at_a_gate_goes_on_when_it_opens()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var gate = new SandboxGate();
        sandbox["codex-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.AfterEvents(3)));
        using var response = await sandbox.ChatGptAsync(SandboxClient.Response("hi"));
        await gate.Reached.WaitAsync(SandboxClient.FailSafe);
        sandbox.Server.Requests.All.Single().EventsWritten.ShouldBe(3);
        gate.Open();
        StreamText.EventsOf(await response.Content.ReadAsStringAsync(SandboxClient.FailSafe))[^1].Type().ShouldBe("response.completed");
        await sandbox.Server.Requests.All.Single().Completed.WaitAsync(SandboxClient.FailSafe);
        sandbox.Server.Requests.All.Single().Aborted.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(FaultPlaceKind.BeforeHeaders)]
    [InlineData(FaultPlaceKind.AfterHeaders)]
    [InlineData(FaultPlaceKind.AfterEvents)]
    [InlineData(FaultPlaceKind.InFrame)]
    public async Task Client_that_leaves_while_the_sandbox_waits_is_seen(FaultPlaceKind place)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var gate = new SandboxGate();
        sandbox["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, new FaultPlace(place, 2)));
        using var leave = new CancellationTokenSource();
        var pending = sandbox.AnthropicAsync(SandboxClient.Message("hi"), ct: leave.Token);
        var reading = place == FaultPlaceKind.BeforeHeaders ? pending : Task.Run(async () =>
        {
            using var response = await pending;
            await response.Content.ReadAsStringAsync(leave.Token);
            return response;
        });
        var record = await sandbox.Server.Requests.WaitForAsync(r => r.Operation == SandboxOperation.Messages, SandboxClient.FailSafe);
        await gate.Reached.WaitAsync(SandboxClient.FailSafe);
        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(reading);
        await record.Aborted.WaitAsync(SandboxClient.FailSafe);
        await record.Completed.WaitAsync(SandboxClient.FailSafe);
    }

    [Theory]
    [InlineData(FaultEnd.Hangup, FaultPlaceKind.BeforeHeaders)]
    [InlineData(FaultEnd.Reset, FaultPlaceKind.BeforeHeaders)]
    [InlineData(FaultEnd.Hangup, FaultPlaceKind.AfterHeaders)]
    [InlineData(FaultEnd.Reset, FaultPlaceKind.AfterHeaders)]
    [InlineData(FaultEnd.Hangup, FaultPlaceKind.AfterEvents)]
    [InlineData(FaultEnd.Reset, FaultPlaceKind.AfterEvents)]
    [InlineData(FaultEnd.Reset, FaultPlaceKind.InString)]
    [InlineData(FaultEnd.Hangup, FaultPlaceKind.InUtf8)]
    [InlineData(FaultEnd.Hangup, FaultPlaceKind.InLineEnd)]
    public async Task Broken_connection_is_an_error_to_the_reader(FaultEnd end, FaultPlaceKind place)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox["claude-1"].Script.Enqueue(SandboxFault.Cut(new FaultPlace(place, 3), end));
        await Should.ThrowAsync<HttpRequestException>(async () =>
        {
            using var response = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
            await response.Content.ReadAsByteArrayAsync(SandboxClient.FailSafe);
        });
        var record = sandbox.Server.Requests.All.Single();
        await record.Completed.WaitAsync(SandboxClient.FailSafe);
        record.Aborted.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(FaultPlaceKind.InUtf8)]
    [InlineData(FaultPlaceKind.InString)]
    [InlineData(FaultPlaceKind.InLineEnd)]
    [InlineData(FaultPlaceKind.InFrame)]
    public async Task Cut_is_where_it_was_asked_for(FaultPlaceKind place)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox["claude-1"].Script.Enqueue(SandboxFault.Cut(new FaultPlace(place, 3), FaultEnd.CleanEnd));
        using var response = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        var bytes = await response.Content.ReadAsByteArrayAsync(SandboxClient.FailSafe);
        switch (place)
        {
            case FaultPlaceKind.InUtf8: Should.Throw<DecoderFallbackException>(() => new UTF8Encoding(false, true).GetString(bytes)); break;
            case FaultPlaceKind.InLineEnd: bytes[^1].ShouldBe((byte)'\r'); break;
            default: bytes[^1].ShouldNotBe((byte)'\n'); break;
        }
    }

    [Fact]
    public async Task Clean_end_after_events_leaves_no_terminal_event()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox["codex-1"].Script.Enqueue(SandboxFault.CleanEnd(FaultPlace.AfterEvents(4)));
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).EventsAsync()).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Error_events_are_each_protocols_own()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox["claude-1"].Script.Enqueue(SandboxFault.StreamError("overloaded_error", "Overloaded", 1));
        sandbox["codex-1"].Script.Enqueue(SandboxFault.StreamError("server_is_overloaded", "busy", 2), SandboxFault.StreamError("usage_limit_reached", "out", 0, 429), SandboxFault.RateLimitsEvent(limitReached: true));
        sandbox["compatible-1"].Script.Enqueue(SandboxFault.StreamError("server_error", "oops", 2));
        var anthropic = await sandbox.AnthropicAsync(SandboxClient.Message("hi")).EventsAsync();
        anthropic.Select(e => e.Type()).ShouldBe(["message_start", "error"]);
        anthropic[1]["error"]!["type"]!.GetValue<string>().ShouldBe("overloaded_error");
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).EventsAsync())[2]["response"]!["error"]!["code"]!.GetValue<string>().ShouldBe("server_is_overloaded");
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).EventsAsync())[0]["status_code"]!.GetValue<int>().ShouldBe(429);
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).EventsAsync())[0]["rate_limits"]!["limit_reached"]!.GetValue<bool>().ShouldBeTrue();
        (await sandbox.CompatibleAsync(SandboxClient.Chat("hi")).EventsAsync())[^1]["error"]!["message"]!.GetValue<string>().ShouldBe("oops");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Compressed_answer_decodes_and_a_broken_one_does_not(string coding)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox["claude-1"].Script.Enqueue(SandboxFault.Encoded(coding), SandboxFault.Encoded(coding, broken: true));
        using var good = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        good.Content.Headers.ContentEncoding.Single().ShouldBe(coding);
        var bytes = await good.Content.ReadAsByteArrayAsync(SandboxClient.FailSafe);
        if (coding == "zstd")
        {
            // raw blocks: the text is in there as it is
            Encoding.UTF8.GetString(bytes).ShouldContain("message_stop");
            bytes.AsSpan(0, 4).ToArray().ShouldBe([0x28, 0xB5, 0x2F, 0xFD]);
            return;
        }

        static string Decode(string coding, byte[] bytes)
        {
            using var source = new MemoryStream(bytes);
            using Stream decoder = coding switch
            {
                "gzip" => new GZipStream(source, CompressionMode.Decompress),
                "br" => new BrotliStream(source, CompressionMode.Decompress),
                _ => new ZLibStream(source, CompressionMode.Decompress),
            };
            using var reader = new StreamReader(decoder);
            return reader.ReadToEnd();
        }

        Decode(coding, bytes).ShouldContain("message_stop");
        using var broken = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        var damaged = await broken.Content.ReadAsByteArrayAsync(SandboxClient.FailSafe);
        Should.Throw<Exception>(() => Decode(coding, damaged));
    }

    [Fact]
    public async Task Shapes_change_how_the_same_answer_is_cut()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var script = sandbox["claude-1"].Script;
        script.Enqueue(SandboxFault.TinyEvents(1000), SandboxFault.BigEvent(1_000_000), SandboxFault.Twice(), SandboxFault.UnknownEvent(), SandboxFault.Pings(50), SandboxFault.Comments(50), SandboxFault.Splinter(7), SandboxFault.Lines(SandboxLineEnding.CrLf), SandboxFault.Lines(SandboxLineEnding.Cr), SandboxFault.UsageEverywhere());
        async Task<string> NextAsync() => await sandbox.AnthropicAsync(SandboxClient.Message("hi")).TextAsync();

        StreamText.EventsOf(await NextAsync()).Count(e => e.Type() == "content_block_delta").ShouldBe(1000);
        StreamText.EventsOf(await NextAsync()).AnthropicText().Length.ShouldBeGreaterThanOrEqualTo(1_000_000);
        StreamText.EventsOf(await NextAsync()).Count(e => e.Type() == "message_stop").ShouldBe(2);
        StreamText.EventsOf(await NextAsync())[1].Type().ShouldBe("sandbox.unknown");
        StreamText.EventsOf(await NextAsync()).Count(e => e.Type() == "ping").ShouldBe(51);
        (await NextAsync()).Split(": sandbox\n\n").Length.ShouldBe(51);
        StreamText.EventsOf(await NextAsync()).AnthropicText().ShouldBe("You said: hi [served by claude-1]");
        (await NextAsync()).ShouldContain("\r\n\r\n");
        (await NextAsync()).ShouldNotContain("\n");
        StreamText.EventsOf(await NextAsync()).Count(e => e.Type() == "message_delta").ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Arguments_split_at_each_byte_are_whole_again()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox["claude-1"].Script.Enqueue(SandboxFault.SplitArguments());
        const string Tool = """ "stream":true,"tools":[{"name":"a","input_schema":{"type":"object"}}]""";
        var events = await sandbox.AnthropicAsync(SandboxClient.Message("""[[call a {"x":"y"}]]""", Tool)).EventsAsync();
        var pieces = events.Where(e => e["delta"]?["type"]?.GetValue<string>() == "input_json_delta").Select(e => e["delta"]!["partial_json"]!.GetValue<string>()).ToArray();
        pieces.Length.ShouldBe(10);
        string.Concat(pieces).ShouldBe("""{"x":"y"}""");
    }

    [Fact]
    public async Task Pace_and_delay_wait_on_the_sandboxes_clock_alone()
    {
        var time = new Proxy.Testing.ManualTimeProvider();
        await using var sandbox = await SandboxClient.StartAsync(time: time);
        sandbox["codex-1"].Script.Enqueue(SandboxFault.Paced(TimeSpan.FromMinutes(9), TimeSpan.Zero, 3));
        using var response = await sandbox.ChatGptAsync(SandboxClient.Response("hi"));
        var reading = response.Content.ReadAsStringAsync(SandboxClient.FailSafe);
        SpinWait.SpinUntil(() => time.ArmedTimers > 0, TimeSpan.FromSeconds(60)).ShouldBeTrue();
        sandbox.Server.Requests.All.Single().EventsWritten.ShouldBe(2);
        reading.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromMinutes(9));
        StreamText.EventsOf(await reading)[^1].Type().ShouldBe("response.completed");
    }

    [Fact]
    public async Task Lost_token_answer_rotates_all_the_same_and_grace_forgives_once()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var account = sandbox["claude-1"];
        account.LostAnswerGrace = true;
        var old = account.RefreshToken;
        account.Script.Enqueue(SandboxFault.Hangup(FaultPlace.BeforeHeaders).For(SandboxOperation.Token));
        await Should.ThrowAsync<HttpRequestException>(() => sandbox.RefreshClaudeAsync(old));
        account.Generation.ShouldBe(2);
        (await sandbox.RefreshClaudeAsync(old).JsonAsync()).Status.ShouldBe(200);
        (await sandbox.RefreshClaudeAsync(old).JsonAsync()).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Tls_port_serves_both_families_over_http2()
    {
        await using var sandbox = await SandboxClient.StartAsync(new SandboxOptions { Tls = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(sandbox.Server.TlsBaseUrl!, "/v1/models")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("x-api-key", sandbox["claude-key-1"].ApiKey);
        request.Headers.Add("anthropic-version", "2023-06-01");
        using var response = await sandbox.Http.SendAsync(request, SandboxClient.FailSafe);
        ((int)response.StatusCode).ShouldBe(200);
        sandbox.Server.Requests.All.Single().Protocol.ShouldBe("HTTP/2");
        using var other = await sandbox.Http.GetAsync(new Uri(sandbox.Server.TlsBaseUrl!, "/backend-api/codex/models"), SandboxClient.FailSafe);
        ((int)other.StatusCode).ShouldBe(401);
    }
}
