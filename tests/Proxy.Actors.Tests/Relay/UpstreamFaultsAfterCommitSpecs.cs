using System.Text;
using Proxy.Actors.Tests.Relay.Bench;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using static Proxy.Actors.Tests.Relay.UpstreamFaultsBeforeCommitSpecs;

namespace Proxy.Actors.Tests.Relay;

/// <summary>Faults of spec/faults.md once content has gone out: nothing is retried, and the client is told in-stream.</summary>
public sealed class UpstreamFaultsAfterCommitSpecs
{
    private static readonly string Error = "event: error\ndata: {\"type\":\"error\"";

    [Fact]
    public async Task Fault25_stall_in_the_middle_of_an_event_ends_at_the_gap_limit()
    {
        await using var bench = new RelayBench();
        var left = new TaskCompletionSource();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Head + Frames.Text("one") + "event: content_block_delta\ndata: {\"type\":");
            await call.GoneAsync();
            left.SetResult();
        });

        var call = bench.Call();
        await call.Sink.WaitForAsync("one");
        await KeepAlivesAsync(bench, call, 19);
        bench.Ended.ShouldBeEmpty();
        bench.Time.Advance(TimeSpan.FromSeconds(16));

        await ShouldBeBrokenAsync(bench, call, FailureClass.Network);
        await left.Task.WaitAsync(Proxy.Testing.FailSafe.Limit);
    }

    [Theory]
    [InlineData("inside a JSON string", "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"cu")]
    [InlineData("inside a CRLF", "event: content_block_delta\r\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"cu\"}}\r")]
    [InlineData("at an event's end", "")]
    public async Task Fault26_cut_stream_is_an_error_in_the_stream(string where, string rest)
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Head + Frames.Text("one"));
            await call.ChunkAsync(rest.Length == 0 ? "\n" : rest);
            call.Close();
        });

        var call = bench.Call();

        await ShouldBeBrokenAsync(bench, call, FailureClass.Truncated);
        call.Sink.Text.ShouldNotContain("\"cu", customMessage: where);
    }

    [Fact]
    public async Task Fault26_cut_inside_a_character_is_an_error_in_the_stream_and_leaves_no_half_of_it()
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Head + Frames.Text("one"));
            var frame = Encoding.UTF8.GetBytes(Frames.Text("€"));
            await call.ChunkAsync(frame.AsMemory(0, frame.AsSpan().IndexOf((byte)0xe2) + 1));
            call.Reset();
        });

        var call = bench.Call();

        await ShouldBeBrokenAsync(bench, call, FailureClass.Truncated);
        call.Sink.Text.ShouldNotContain("\uFFFD");
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public async Task Fault27_close_without_a_terminal_event_is_an_error_in_each_dialect(Dialect dialect)
    {
        await using var bench = new RelayBench();
        var (kind, frames, error) = dialect switch
        {
            Dialect.AnthropicMessages => (UpstreamKind.Claude, Frames.Head + Frames.Text("one"), Error),
            Dialect.OpenAIChat => (UpstreamKind.Compatible, Frames.Chunk("one"), "data: {\"error\":{"),
            _ => (UpstreamKind.Codex, Frames.Created + Frames.OutputText("one"), "event: response.failed\ndata: {"),
        };
        bench.Add(call => call.StreamAsync(frames).AsTask(), kind);

        var call = bench.Call(dialect);

        await ShouldBeBrokenAsync(bench, call, FailureClass.Truncated, error);
        call.Sink.Text.ShouldNotContain("[DONE]");
    }

    [Fact]
    public async Task Fault28_second_terminal_event_is_not_passed_on()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Answer("hi") + Frames.MessageStop + Frames.Text("late") + Frames.MessageStop).AsTask());

        var call = bench.Call();
        await call.Result;

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Terminal_event_ends_the_answer_though_the_upstream_keeps_its_connection()
    {
        await using var bench = new RelayBench();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Answer("hi"));
            await call.GoneAsync();
        });

        var call = bench.Call();
        await call.Result;

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        call.Sink.IsComplete.ShouldBeTrue();
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault29_event_of_one_megabyte_passes()
    {
        await using var bench = new RelayBench();
        var large = Frames.Text(new string('x', 1024 * 1024));
        bench.Add(call => call.StreamAsync(Frames.Head + large + Frames.Tail).AsTask());

        var call = bench.Call();
        await call.Result;

        call.Sink.Text.ShouldBe(Frames.Head + large + Frames.Tail);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault30_ten_thousand_tiny_events_pass_in_order_with_few_flushes()
    {
        await using var bench = new RelayBench();
        var frames = Frames.Head + string.Concat(Enumerable.Range(0, 10_000).Select(i => Frames.Text($"{i}"))) + Frames.Tail;
        bench.Add(call => call.StreamAsync(frames).AsTask());

        var call = bench.Call();
        await call.Result;

        call.Sink.Text.ShouldBe(frames);
        call.Sink.Flushes.ShouldBeLessThan(2_000);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault31_event_that_nobody_knows_passes()
    {
        await using var bench = new RelayBench();
        var frames = Frames.Head + Frames.Text("one") + "event: brand_new\ndata: {\"type\":\"brand_new\",\"x\":1}\n\n: comment\n\n" + Frames.Tail;
        bench.Add(call => call.StreamAsync(frames).AsTask());

        var call = bench.Call();
        await call.Result;

        call.Sink.Text.ShouldBe(frames);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault32_flood_of_pings_before_content_is_dropped_and_commits_nothing()
    {
        await using var bench = new RelayBench();
        var flood = string.Concat(Enumerable.Repeat(Frames.Ping + ": c\n\n", 20_000));
        bench.Add(call => call.StreamAsync(Frames.MessageStart + flood + Frames.Overloaded).AsTask());
        bench.Add(call => call.StreamAsync(Frames.MessageStart + flood + Frames.BlockStart + Frames.Text("second") + Frames.Tail).AsTask());

        var call = bench.Call();
        var result = await call.Result;

        result.Attempts.ShouldBe(2);
        call.Sink.Text.ShouldBe(Frames.Answer("second"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault33_usage_in_each_chunk_counts_the_last()
    {
        await using var bench = new RelayBench();
        var frames = string.Concat(Enumerable.Range(1, 5).Select(i => Frames.Chunk($"{i}", i == 5 ? "\"stop\"" : "null", $",\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{i},\"total_tokens\":{9 + i}}}"))) + Frames.Done;
        bench.Add(call => call.StreamAsync(frames).AsTask(), UpstreamKind.Compatible);

        var call = bench.Call(Dialect.OpenAIChat);
        var result = await call.Result;

        result.Usage.Output.ShouldBe(5);
        result.Usage.TotalInput.ShouldBe(9);
        call.Sink.Text.ShouldBe(frames);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault36_error_event_after_text_is_told_in_the_stream_and_to_the_account()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Head + Frames.Text("one") + Frames.Overloaded + Frames.Text("late")).AsTask());

        var call = bench.Call();

        await ShouldBeBrokenAsync(bench, call, FailureClass.Overloaded);
        call.Sink.Text.ShouldContain("overloaded_error");
        call.Sink.Text.ShouldNotContain("late");
    }

    private static async Task ShouldBeBrokenAsync(RelayBench bench, RelayCall call, FailureClass expected, string? error = null)
    {
        error ??= Error;
        var spare = bench.Add(c => c.StreamAsync(Frames.Answer("never")).AsTask());
        var result = await call.Result;

        call.Sink.Text.ShouldContain("one");
        call.Sink.Text.Split(error).Length.ShouldBe(2, "there is exactly one error event");
        call.Sink.Text.ShouldNotContain("message_stop");
        call.Sink.IsComplete.ShouldBeTrue();
        result.LastFailure!.Class.ShouldBe(expected);
        result.Attempts.ShouldBe(1);
        spare.Calls.ShouldBe(0);
        bench.AskedNext.ShouldBe(0);
        await bench.ShouldBeBalancedAsync();
        var outcome = bench.Ended.Single().Outcome;
        outcome.Failure!.Class.ShouldBe(expected);
        outcome.Committed.ShouldBeTrue();
    }
}
