using System.Buffers;
using System.Globalization;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>
/// Mutated and cut upstream streams through every pair: nothing throws, nothing goes on for ever (work is counted in
/// steps, see <see cref="StepWriter"/>), nothing ends cleanly without the upstream's own end, and what the client gets
/// obeys its grammar up to the error.
/// </summary>
/// <remarks>
/// Short by default, with the same seeds on every run. The long run, 100,000 streams:
/// <c>PROXY_FUZZ_STREAMS=100000 dotnet test tests/Proxy.Protocol.Tests --filter FullyQualifiedName~StreamFuzzTests</c>.
/// <c>PROXY_FUZZ_SEED</c> begins elsewhere. A failure names pair and seed; it becomes a case of
/// <see cref="StreamRegressionTests"/>.
/// </remarks>
public sealed class StreamFuzzTests
{
    private static readonly int Streams = Number("PROXY_FUZZ_STREAMS", 5_000);
    private static readonly int FirstSeed = Number("PROXY_FUZZ_SEED", 1_000_000);

    public static TheoryData<Dialect, Dialect> Pairs => Pair.Rows;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Mutated_streams_never_throw_never_hang_and_never_end_cleanly_by_themselves(Dialect upstream, Dialect client)
    {
        var pair = Pair.Of(upstream, client);
        var count = (Streams + Pair.All.Count - 1) / Pair.All.Count;
        var tally = new Tally();
        for (var seed = FirstSeed; seed < FirstSeed + count; seed++)
        {
            try
            {
                Run(pair, seed, tally);
            }
            catch (Exception e)
            {
                throw new ShouldAssertException($"{pair}, seed {seed}: {e.Message}\n{Show(pair, seed)}", e);
            }
        }

        // A fuzz run whose streams all fail at once, or none, tests nothing.
        tally.Complete.ShouldBeGreaterThan(count / 20, tally.ToString());
        tally.Failed.ShouldBeGreaterThan(count / 4, tally.ToString());
        tally.Told.ShouldBeGreaterThan(count / 4, tally.ToString());
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Mutated_single_answers_are_answers_or_errors(Dialect upstream, Dialect client)
    {
        var pair = Pair.Of(upstream, client);
        for (var seed = FirstSeed; seed < FirstSeed + (Streams / 45); seed++)
        {
            var dice = new Dice(seed);
            var provider = Provider.Of(pair.Upstream, dice, isSloppy: dice.Once(2));
            provider.Frames.Clear();
            provider.Frames.Add(new WireFrame(string.Empty, provider.Single));
            var body = Encoding.UTF8.GetString(Mutation.Of(provider, dice)).Replace("data:", string.Empty, StringComparison.Ordinal).Trim();
            try
            {
                var output = new ArrayBufferWriter<byte>();
                var result = pair.Exchange(streams: false).WriteSingle(Encoding.UTF8.GetBytes(body), output);
                if (result.Error is null && !pair.IsPassThrough)
                {
                    StreamJudge.CheckSingle(pair.Client, Encoding.UTF8.GetString(output.WrittenSpan), Liberty.Broken);
                }
            }
            catch (Exception e)
            {
                throw new ShouldAssertException($"{pair}, seed {seed}: {e.Message}\n{body}", e);
            }
        }
    }

    private static void Run(Pair pair, int seed, Tally tally)
    {
        var (bytes, dice) = Make(pair, seed);
        int[] cuts = [.. Enumerable.Range(0, dice.Next(4)).Select(_ => dice.Next(bytes.Length + 1)).Order()];
        var run = StreamRun.Of(pair, streams: true, bytes, cuts);
        StreamJudge.Broken(pair, run);
        tally.Complete += run.IsComplete ? 1 : 0;
        tally.Failed += run.IsComplete ? 0 : 1;
        tally.Told += run.Output.Length > 2000 ? 1 : 0;
        if (pair.Upstream == Dialect.OpenAIResponses && !pair.IsPassThrough)
        {
            StreamJudge.Gathered(pair, StreamRun.Of(pair, streams: false, bytes, cuts), Liberty.Broken);
        }
    }

    private static (byte[] Bytes, Dice Dice) Make(Pair pair, int seed)
    {
        var dice = new Dice(seed);
        var provider = Provider.Of(pair.Upstream, dice, isSloppy: dice.Once(2));
        return (Mutation.Of(provider, dice), dice);
    }

    private static string Show(Pair pair, int seed) => Encoding.UTF8.GetString(Make(pair, seed).Bytes);

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private sealed class Tally
    {
        public int Complete { get; set; }

        public int Failed { get; set; }

        public int Told { get; set; }

        public override string ToString() => $"{Complete} complete, {Failed} failed, {Told} with content";
    }
}
