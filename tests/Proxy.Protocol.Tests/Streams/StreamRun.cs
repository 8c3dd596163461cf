using System.Buffers;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Sse;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>
/// One upstream's bytes through framing and the pair's stream, as the relay takes them (AnswerPump): any split, the
/// frame's memory spoilt as soon as it was read, work counted in steps.
/// </summary>
internal sealed class StreamRun
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);

    private readonly AnswerStream _stream;
    private readonly StepWriter _output;
    private readonly byte[] _bytes;
    private readonly SseFramer _framer = new();

    private StreamRun(AnswerStream stream, byte[] upstream)
    {
        _stream = stream;
        _bytes = upstream.ToArray();
        _output = new StepWriter(StepWriter.LimitFor(upstream.Length));
    }

    /// <summary>What the client got before the end or the failure.</summary>
    public byte[] Output { get; private set; } = [];

    /// <summary>The dialect's in-stream error; empty for a complete answer.</summary>
    public byte[] Failure { get; private set; } = [];

    /// <summary>The frames that were read, the last of them being the one that ended it.</summary>
    public List<WireFrame> Read { get; } = [];

    /// <summary>The raw bytes of those frames.</summary>
    public List<string> Raw { get; } = [];

    public bool IsComplete { get; private set; }

    public bool HasError => _stream.Error is not null;

    /// <summary>Runs it all.</summary>
    /// <param name="pair">Both sides.</param>
    /// <param name="streams">The client wants a stream.</param>
    /// <param name="upstream">The upstream's bytes.</param>
    /// <param name="cuts">Ascending offsets at which a read of the network ends.</param>
    public static StreamRun Of(Pair pair, bool streams, byte[] upstream, params ReadOnlySpan<int> cuts)
    {
        var run = new StreamRun(pair.Open(streams), upstream);
        run.Go(cuts);
        run.End(pair);
        return run;
    }

    private void Go(ReadOnlySpan<int> cuts)
    {
        var at = 0;
        foreach (var cut in cuts)
        {
            if (Take(ref at, cut, isLast: false))
            {
                return;
            }
        }

        Take(ref at, _bytes.Length, isLast: true);
    }

    private bool Take(ref int at, int end, bool isLast)
    {
        // in two segments: the network's buffers have seams of their own
        var middle = at + ((end - at) / 2);
        var rest = Segment.Sequence(_bytes.AsMemory(at, middle - at), _bytes.AsMemory(middle, end - middle));
        while (_framer.TryRead(ref rest, out var frame) || (isLast && _framer.TryReadLast(ref rest, out frame)))
        {
            var start = at;
            at = end - (int)rest.Length;
            Read.Add(new WireFrame(Encoding.UTF8.GetString(frame.EventName.Span), Encoding.UTF8.GetString(frame.Data.Span)));
            Raw.Add(Encoding.UTF8.GetString(frame.Raw.Span));
            var kind = _stream.Read(frame, _output);
            _bytes.AsSpan(start, at - start).Fill((byte)'#');
            if (kind is FrameKind.Terminal or FrameKind.Error)
            {
                return true;
            }
        }

        return false;
    }

    private void End(Pair pair)
    {
        Grammar.Demand(Read.Count <= _bytes.Length, "more frames than bytes");
        IsComplete = !HasError && _stream.Complete(_output);
        Output = _output.Written;
        Grammar.Demand(!(IsComplete && HasError), "an answer that is complete and an error");
        if (IsComplete)
        {
            return;
        }

        var failure = FailureClassifier.Classify(new UpstreamError { Kind = Kind(pair.Upstream), InStream = _stream.Error, IsTruncated = _stream.Error is null }, Now);
        var last = new StepWriter(StepWriter.LimitFor(_bytes.Length));
        _stream.WriteFailure(failure, last);
        Failure = last.Written;
    }

    private static UpstreamKind Kind(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => UpstreamKind.Claude,
        Dialect.OpenAIChat => UpstreamKind.Compatible,
        _ => UpstreamKind.Codex,
    };

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Sequence(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
        {
            var head = new Segment { Memory = first };
            var tail = new Segment { Memory = second, RunningIndex = first.Length };
            head.Next = tail;
            return new ReadOnlySequence<byte>(head, 0, tail, second.Length);
        }
    }
}
