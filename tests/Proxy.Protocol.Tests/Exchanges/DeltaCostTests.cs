using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>The bar of a translated text delta: 400 bytes of allocation, in every pair. Its time is in docs/performance.md.</summary>
public sealed class DeltaCostTests
{
    private const int Deltas = 1_000;
    private const double MostBytes = 400;

    /// <summary>A client's dialect ← an upstream's, but for the same on both sides.</summary>
    public static TheoryData<Dialect, Dialect> Pairs
    {
        get
        {
            var pairs = new TheoryData<Dialect, Dialect>();
            foreach (var client in Enum.GetValues<Dialect>())
            {
                foreach (var upstream in Enum.GetValues<Dialect>().Where(d => d != client))
                {
                    pairs.Add(client, upstream);
                }
            }

            return pairs;
        }
    }

    [Fact]
    public void There_are_six_translated_pairs() => Pairs.Count.ShouldBe(6);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_translated_text_delta_allocates_less_than_400_bytes(Dialect client, Dialect upstream)
    {
        var (start, deltas) = Answer(upstream);
        var stream = TranslatedStreams.Open(upstream, client);
        using var output = new PooledBufferWriter(1 << 20);
        foreach (var frame in start)
        {
            stream.Read(frame, output);
        }

        Read(deltas.AsSpan(..100));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(deltas.AsSpan(100..));
        var perDelta = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Deltas;

        perDelta.ShouldBeLessThan(MostBytes);
        stream.Error.ShouldBeNull();

        void Read(ReadOnlySpan<SseFrame> frames)
        {
            foreach (var frame in frames)
            {
                output.Clear();
                if (stream.Read(frame, output) != FrameKind.Content || output.Length == 0)
                {
                    throw new ShouldAssertException("A text delta is content");
                }
            }
        }
    }

    /// <summary>What comes before the first delta, and deltas that all differ: 100 to warm up, then those that count.</summary>
    private static (List<SseFrame> Start, SseFrame[] Deltas) Answer(Dialect upstream)
    {
        var numbers = Enumerable.Range(0, 100 + Deltas);
        return upstream switch
        {
            Dialect.AnthropicMessages => (
                Frames.Of(
                    """message_start|{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":10,"output_tokens":1}}}""",
                    """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
                [.. numbers.Select(i => Frames.Frame($$$"""content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word {{{i}}} é \n "}}"""))]),
            Dialect.OpenAIChat => (
                Frames.Of("""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}"""),
                [.. numbers.Select(i => Frames.Frame($$$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"word {{{i}}} é \n "},"finish_reason":null}]}"""))]),
            _ => (
                Frames.Of(
                    """response.created|{"type":"response.created","sequence_number":0,"response":{"id":"r1"}}""",
                    """response.output_item.added|{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"message","id":"m1","role":"assistant","content":[]}}"""),
                [.. numbers.Select(i => Frames.Frame($$"""response.output_text.delta|{"type":"response.output_text.delta","sequence_number":{{i + 2}},"item_id":"m1","output_index":0,"content_index":0,"delta":"word {{i}} é \n ","logprobs":[]}"""))]),
        };
    }
}
