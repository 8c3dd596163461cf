using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Actors.Tests.Relay.Bench;
using Proxy.Protocol.Dialects;
using static Proxy.Actors.Tests.Relay.UpstreamFaultsBeforeCommitSpecs;

namespace Proxy.Actors.Tests.Relay;

/// <summary>Clients that leave, are slow, or must wait.</summary>
public sealed class ClientSpecs
{
    private static readonly TimeSpan FailSafe = Proxy.Testing.FailSafe.Limit;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fault37_client_that_leaves_before_the_first_byte_ends_the_upstream_call(bool stream)
    {
        await using var bench = new RelayBench();
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Add(async call =>
        {
            asked.SetResult();
            await call.GoneAsync();
            left.SetResult();
        });
        var spare = bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask());

        var call = bench.Call(stream: stream);
        await asked.Task.WaitAsync(FailSafe);
        await call.ClientGone.CancelAsync();

        var result = await call.Result;
        await left.Task.WaitAsync(FailSafe);
        result.Status.ShouldBe(499);
        await ShouldBeCancelledAsync(bench, call, spare);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fault37_client_that_leaves_during_the_answer_ends_the_upstream_call(bool byToken)
    {
        await using var bench = new RelayBench();
        var (more, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Head + Frames.Text("one"));
            await more.Task;
            if (!byToken)
            {
                await call.ChunkAsync(Frames.Text("two"));
            }

            await call.GoneAsync();
            left.SetResult();
        });
        var spare = bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask());

        var call = bench.Call();
        await call.Sink.WaitForAsync("one");
        if (byToken)
        {
            await call.ClientGone.CancelAsync();
        }
        else
        {
            call.Sink.IsGone = true;
        }

        more.SetResult();

        var result = await call.Result;
        await left.Task.WaitAsync(FailSafe);
        result.Status.ShouldBe(200);
        await ShouldBeCancelledAsync(bench, call, spare);
        bench.Ended.Single().Outcome.Committed.ShouldBeTrue();
    }

    [Fact]
    public async Task Fault37_client_that_leaves_while_a_single_json_comes_ends_the_upstream_call()
    {
        await using var bench = new RelayBench();
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Add(
            async call =>
            {
                await call.BeginStreamAsync();
                await call.ChunkAsync(Frames.Created + Frames.OutputText("one"));
                asked.SetResult();
                await call.GoneAsync();
                left.SetResult();
            },
            UpstreamKind.Codex);
        var spare = bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask());

        var call = bench.Call(Dialect.OpenAIResponses, stream: false);
        await asked.Task.WaitAsync(FailSafe);
        await call.ClientGone.CancelAsync();

        (await call.Result).Status.ShouldBe(499);
        await left.Task.WaitAsync(FailSafe);
        await ShouldBeCancelledAsync(bench, call, spare);
    }

    [Fact]
    public async Task Client_that_leaves_while_the_router_thinks_leaves_no_lease_behind()
    {
        await using var bench = new RelayBench { HoldRouter = new TaskCompletionSource() };
        var upstream = bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask());

        var call = bench.Call();
        await call.ClientGone.CancelAsync();

        var result = await call.Result;
        result.Status.ShouldBe(499);
        result.ClientGone.ShouldBeTrue();
        result.Attempts.ShouldBe(0);
        await bench.ShouldBeBalancedAsync();
        upstream.Calls.ShouldBe(0);
        bench.HoldRouter.SetResult();
    }

    [Fact]
    public async Task Fault37_client_that_leaves_before_it_asks_costs_nothing()
    {
        await using var bench = new RelayBench { HoldRouter = new TaskCompletionSource() };
        bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask());
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        var call = bench.Call(clientGone: gone);

        (await call.Result).ClientGone.ShouldBeTrue();
        await bench.ShouldBeBalancedAsync();
        bench.HoldRouter.SetResult();
    }

    [Fact]
    public async Task Fault38_slow_reader_stops_the_upstream_and_grows_no_memory()
    {
        await using var bench = new RelayBench();
        const int frames = 2_000;
        var frame = Frames.Text(new string('x', 64 * 1024));
        var sent = 0L;
        var blocked = new TaskCompletionSource();
        var upstream = bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Head + Frames.Text("one"));
            for (var i = 0; i < frames; i++)
            {
                var write = call.ChunkAsync(frame).AsTask();
                if (!write.IsCompleted && i > 10)
                {
                    blocked.TrySetResult();
                }

                await write;
                Interlocked.Add(ref sent, frame.Length);
            }

            await call.ChunkAsync(Frames.Tail);
            await call.EndStreamAsync();
        });

        var sink = new TestSink();
        sink.Stall();
        var call = bench.Call(sink: sink);
        await blocked.Task.WaitAsync(FailSafe);
        var whole = (long)frames * frame.Length;

        // All that can be on its way is in the two socket buffers and one read of ours.
        Interlocked.Read(ref sent).ShouldBeLessThan(whole / 4);
        call.Task.IsCompleted.ShouldBeFalse();
        sink.Resume();

        await call.Result;
        sink.Received.ShouldBe(Encoding.UTF8.GetByteCount(Frames.Head + Frames.Text("one") + Frames.Tail) + whole);
        sink.LargestFlush.ShouldBeLessThan(512 * 1024);
        upstream.Calls.ShouldBe(1);
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Slow_reader_is_not_the_upstreams_fault()
    {
        await using var bench = new RelayBench();
        bench.Add(call => call.StreamAsync(Frames.Answer("hi")).AsTask());
        var sink = new TestSink();
        sink.Stall();

        var call = bench.Call(sink: sink);
        await sink.WaitForAsync("hi");
        bench.Time.Advance(TimeSpan.FromSeconds(100));
        sink.Resume();

        (await call.Result).LastFailure.ShouldBeNull();
        sink.Text.ShouldBe(Frames.Answer("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Write_that_stalls_for_two_minutes_ends_the_request()
    {
        await using var bench = new RelayBench();
        var left = new TaskCompletionSource();
        bench.Add(async call =>
        {
            await call.BeginStreamAsync();
            await call.ChunkAsync(Frames.Head + Frames.Text("one"));
            await call.GoneAsync();
            left.SetResult();
        });
        var spare = bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask());
        var sink = new TestSink();
        sink.Stall();

        var call = bench.Call(sink: sink);
        await sink.WaitForAsync("one");
        bench.Time.Advance(TimeSpan.FromSeconds(119));
        bench.Ended.ShouldBeEmpty();
        bench.Time.Advance(TimeSpan.FromSeconds(1));

        await call.Result;
        sink.IsAborted.ShouldBeTrue();
        sink.IsComplete.ShouldBeFalse();
        await left.Task.WaitAsync(FailSafe);
        await ShouldBeCancelledAsync(bench, call, spare);
    }

    [Fact]
    public async Task Nine_minutes_of_silence_after_response_created_are_bridged_and_the_answer_comes()
    {
        await using var bench = new RelayBench();
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Add(
            async call =>
            {
                await call.BeginStreamAsync();
                await call.ChunkAsync(Frames.Created);
                begun.SetResult();
                await release.Task;
                await call.ChunkAsync(Frames.OutputText("hi") + Frames.Completed("hi"));
                await call.EndStreamAsync();
            },
            UpstreamKind.Codex);

        var call = bench.Call(Dialect.OpenAIResponses);
        await begun.Task.WaitAsync(FailSafe);
        await KeepAlivesAsync(bench, call, 36);
        call.Sink.Status.ShouldBe(200);
        call.Sink.Text.ShouldNotContain("response.created");
        release.SetResult();

        (await call.Result).Attempts.ShouldBe(1);
        call.Sink.Text.ShouldBe(string.Concat(Enumerable.Repeat(": keep-alive\n\n", 36)) + Frames.Created + Frames.OutputText("hi") + Frames.Completed("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Account_that_dies_in_the_silence_is_replaced_by_another_and_the_client_sees_one_answer()
    {
        await using var bench = new RelayBench();
        var (begun, die) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Add(
            async call =>
            {
                await call.BeginStreamAsync();
                await call.ChunkAsync(Frames.Created);
                begun.SetResult();
                await die.Task;
                call.Reset();
            },
            UpstreamKind.Codex);
        bench.Add(call => call.StreamAsync(Frames.Created + Frames.OutputText("second") + Frames.Completed("second")).AsTask(), UpstreamKind.Codex);

        var call = bench.Call(Dialect.OpenAIResponses);
        await begun.Task.WaitAsync(FailSafe);
        await KeepAlivesAsync(bench, call, 36);
        die.SetResult();

        (await call.Result).Attempts.ShouldBe(2);
        call.Sink.Text.ShouldBe(string.Concat(Enumerable.Repeat(": keep-alive\n\n", 36)) + Frames.Created + Frames.OutputText("second") + Frames.Completed("second"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Silence_after_the_handshake_ends_the_attempt_at_ten_minutes()
    {
        await using var bench = new RelayBench();
        var (begun, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Add(
            async call =>
            {
                await call.BeginStreamAsync("x-codex-primary-used-percent: 12\r\nx-codex-primary-window-minutes: 300\r\nx-codex-primary-reset-after-seconds: 60\r\n");
                await call.ChunkAsync(Frames.Created);
                begun.SetResult();
                await call.GoneAsync();
                left.SetResult();
            },
            UpstreamKind.Codex);
        bench.Add(call => call.StreamAsync(Frames.Created + Frames.OutputText("second") + Frames.Completed("second")).AsTask(), UpstreamKind.Codex);

        var call = bench.Call(Dialect.OpenAIResponses);
        await begun.Task.WaitAsync(FailSafe);
        await bench.ToldAsync<AccountCommands.Observed>();
        await KeepAlivesAsync(bench, call, 39);
        bench.Ended.ShouldBeEmpty();
        bench.Time.Advance(TimeSpan.FromSeconds(16));

        (await call.Result).LastFailure!.Code.ShouldBe("silence");
        await left.Task.WaitAsync(FailSafe);
        call.Sink.Text.ShouldEndWith(Frames.Created + Frames.OutputText("second") + Frames.Completed("second"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Waiting_for_the_router_is_bridged_too()
    {
        await using var bench = new RelayBench { HoldRouter = new TaskCompletionSource() };
        bench.Add(call => call.StreamAsync(Frames.Answer("hi")).AsTask());

        var call = bench.Call();
        await KeepAlivesAsync(bench, call, 2);
        bench.HoldRouter.SetResult();

        await call.Result;
        call.Sink.Text.ShouldBe(": keep-alive\n\n: keep-alive\n\n" + Frames.Answer("hi"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Client_that_wants_a_single_json_gets_no_byte_before_it_is_whole()
    {
        await using var bench = new RelayBench();
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        bench.Add(async call =>
        {
            asked.SetResult();
            await release.Task;
            await call.AnswerAsync(200, """{"id":"m","type":"message","content":[]}""");
        });

        var call = bench.Call(stream: false);
        await asked.Task.WaitAsync(FailSafe);
        bench.Time.Advance(TimeSpan.FromSeconds(300));
        release.SetResult();

        await call.Result;
        call.Sink.Flushes.ShouldBe(1);
        call.Sink.Text.ShouldBe("""{"id":"m","type":"message","content":[]}""");
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Request_that_takes_longer_than_an_hour_is_ended_with_504()
    {
        await using var bench = new RelayBench { HoldRouter = new TaskCompletionSource() };
        bench.Add(call => call.StreamAsync(Frames.Answer("never")).AsTask());

        var call = bench.Call(stream: false);
        bench.Time.Advance(TimeSpan.FromMinutes(61));

        var result = await call.Result;
        result.Status.ShouldBe(504);
        call.Sink.Text.ShouldContain("timeout_error");
        call.Sink.IsComplete.ShouldBeTrue();
        result.ClientGone.ShouldBeFalse();
        await bench.ShouldBeBalancedAsync();
        bench.HoldRouter.SetResult();
    }

    private static async Task ShouldBeCancelledAsync(RelayBench bench, RelayCall call, RawUpstream spare)
    {
        var result = await call.Result;
        result.ClientGone.ShouldBeTrue();
        result.Attempts.ShouldBe(1);
        result.LastFailure.ShouldBeNull();
        spare.Calls.ShouldBe(0);
        bench.AskedNext.ShouldBe(0);
        await bench.ShouldBeBalancedAsync();
        var outcome = bench.Ended.Single().Outcome;
        outcome.Cancelled.ShouldBeTrue();
        outcome.Failure.ShouldBeNull();
        var row = bench.Ledger.All.ShouldHaveSingleItem();
        (row.IsCancelled, row.IsCommitted, row.Failure).ShouldBe((true, outcome.Committed, null));
    }
}
