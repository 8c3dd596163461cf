using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>Faults 34 and 35 of spec/faults.md through all nine pairs, as the product opens them.</summary>
public sealed class StreamFaultTests
{
    private const string Arguments = "{\"path\":\"/tmp/é 😀\",\"n\":12345678901234567890,\"f\":1.10,\"nested\":{\"a\":[1,null,\"\\\"\\\\\\n\"]}}";

    public static TheoryData<Dialect, Dialect> Pairs => Pair.Rows;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Fault34_arguments_split_at_each_byte_stay_what_they_are(Dialect upstream, Dialect client)
    {
        var pair = Pair.Of(upstream, client);
        var provider = Provider.Of(pair.Upstream, new Dice(34) { LongestPiece = 1 }, new Script(Ending.Stop, new Speech("now"), new Call("call_1", "ls", Arguments)));
        var bytes = provider.ToBytes();

        var run = StreamRun.Of(pair, streams: true, bytes, [.. Enumerable.Range(1, bytes.Length - 1)]);

        StreamJudge.Whole(pair, run).Calls.ShouldBe([("ls", Arguments)]);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Fault35_parallel_calls_interleaved_by_the_upstream_lose_nothing(Dialect upstream, Dialect client)
    {
        var pair = Pair.Of(upstream, client);
        Call[] calls = [.. Enumerable.Range(0, 4).Select(i => new Call($"call_{i}", $"tool_{i}", Arguments.Replace("tmp", $"tmp{i}", StringComparison.Ordinal)))];
        for (var seed = 0; seed < 12; seed++)
        {
            var provider = Provider.Of(pair.Upstream, new Dice(seed) { LongestPiece = 5 }, new Script(Ending.Stop, [new Thought(["hm"], null), .. calls]));

            var digest = StreamJudge.Whole(pair, StreamRun.Of(pair, streams: true, provider.ToBytes()));

            digest.Calls.ShouldBe(calls.Select(call => (call.Name, call.Arguments)));
        }
    }
}
