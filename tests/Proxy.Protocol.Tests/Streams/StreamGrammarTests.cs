using System.Buffers;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>What providers may send, through every pair, is a stream or an answer that the strictest client takes.</summary>
public sealed class StreamGrammarTests
{
    private const int Answers = 100;

    public static TheoryData<Dialect, Dialect> Pairs => Pair.Rows;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Generated_streams_obey_the_targets_grammar_under_any_byte_split(Dialect upstream, Dialect client) => ForAnswers(Pair.Of(upstream, client), (pair, provider, dice) =>
    {
        var bytes = provider.ToBytes();
        var whole = StreamRun.Of(pair, streams: true, bytes);
        var digest = StreamJudge.Whole(pair, whole);
        Compare(pair, provider, digest);
        for (var i = 0; i < 3; i++)
        {
            int[] cuts = i == 0 && bytes.Length < 1500 ? [.. Enumerable.Range(1, bytes.Length - 1)] : [.. Enumerable.Range(0, dice.Next(40)).Select(_ => dice.Next(bytes.Length)).Order()];
            StreamRun.Of(pair, streams: true, bytes, cuts).Output.AsSpan().SequenceEqual(whole.Output).ShouldBeTrue("another split, another answer");
        }
    });

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Generated_single_answers_are_answers_of_the_targets_dialect(Dialect upstream, Dialect client) => ForAnswers(Pair.Of(upstream, client), (pair, provider, _) =>
    {
        var output = new ArrayBufferWriter<byte>();
        pair.Exchange(streams: false).WriteSingle(Encoding.UTF8.GetBytes(provider.Single), output).Error.ShouldBeNull();
        var digest = StreamJudge.CheckSingle(pair.Client, Encoding.UTF8.GetString(output.WrittenSpan), pair.IsPassThrough ? Liberty.Provider : Liberty.None);
        Compare(pair, provider, digest);
    });

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Generated_streams_gathered_are_answers_of_the_targets_dialect(Dialect upstream, Dialect client)
    {
        var pair = Pair.Of(upstream, client);
        if (pair.Upstream != Dialect.OpenAIResponses)
        {
            // Only the Codex backend streams to those who did not ask for it; others are asked for what the client wants.
            pair.Exchange(streams: false).UpstreamStreams.ShouldBeFalse();
            return;
        }

        ForAnswers(pair, (_, provider, _) =>
        {
            var run = StreamRun.Of(pair, streams: false, provider.ToBytes());
            var digest = StreamJudge.Gathered(pair, run, pair.IsPassThrough ? Liberty.Provider : Liberty.None).ShouldNotBeNull();
            Compare(pair, provider, digest);
        });
    }

    private static void ForAnswers(Pair pair, Action<Pair, Provider, Dice> check)
    {
        for (var seed = 0; seed < Answers; seed++)
        {
            var dice = new Dice(seed);
            var provider = Provider.Of(pair.Upstream, dice, isSloppy: !pair.IsPassThrough && dice.Once(2));
            try
            {
                check(pair, provider, dice);
            }
            catch (Exception e)
            {
                throw new ShouldAssertException($"{pair}, seed {seed}: {e.Message}\n{string.Join('\n', provider.Frames.Select(frame => frame.Name + "|" + frame.Data))}", e);
            }
        }
    }

    /// <summary>Nothing lost, doubled or out of order.</summary>
    private static void Compare(Pair pair, Provider provider, AnswerDigest said)
    {
        // Messages know no refusal: its words are text. Where the upstream knows none, there is none.
        if (pair.Client == Dialect.AnthropicMessages)
        {
            said.Text.Length.ShouldBe(provider.Text.Length + provider.Refusal.Length);
            said.Searches.ShouldBe(provider.Searches);
        }
        else
        {
            said.Text.ToString().ShouldBe(provider.Text);
            said.Refusal.ToString().ShouldBe(provider.Refusal);
        }

        said.Reasoning.ToString().ShouldBe(provider.Reasoning);

        // A call whose name comes late begins late.
        said.Calls.Select(Normal).ShouldBe(provider.Calls.Select(Normal), ignoreOrder: provider.TellsNamesLate);
    }

    private static (string Name, string Input) Normal((string Name, string Input) call) => (call.Name, call.Input.Length == 0 ? "{}" : call.Input);
}
