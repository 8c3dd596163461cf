using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>The way back through events: the upstream's reader, then what the client is to get of them.</summary>
internal abstract class EventStream(Dialect upstream) : AnswerStream
{
    private readonly IAnswerStreamReader _reader = AnswerCodecs.StreamReader(upstream);
    private readonly List<AnswerEvent> _events = [];

    /// <inheritdoc />
    public override FrameKind Read(in SseFrame frame, IBufferWriter<byte> output)
    {
        if (IsComplete || Error is not null)
        {
            return FrameKind.Noise;
        }

        _events.Clear();
        _reader.Read(frame, _events);
        return Tell(output);
    }

    /// <inheritdoc />
    public override bool Complete(IBufferWriter<byte> output)
    {
        if (!IsComplete && Error is null)
        {
            _events.Clear();
            _reader.Complete(_events);
            Tell(output);
        }

        return IsComplete;
    }

    /// <summary>Takes one event. Its texts are valid until this returns.</summary>
    private protected abstract void Take(AnswerEvent @event, IBufferWriter<byte> output);

    private FrameKind Tell(IBufferWriter<byte> output)
    {
        var kind = EventKinds.Of(_events);
        foreach (var @event in _events)
        {
            switch (@event)
            {
                case AnswerStarted started:
                    Usage = started.Usage;
                    break;
                case AnswerEnded ended:
                    Usage = Usage.With(ended.Usage);
                    IsComplete = true;
                    break;
                case AnswerFailed failed:
                    Error = failed.Error;
                    break;
            }

            // An error frame leaves no bytes behind: it may yet fail over.
            if (kind != FrameKind.Error)
            {
                Take(@event, output);
            }
        }

        return kind;
    }
}

/// <summary>One dialect's stream as another's.</summary>
internal sealed class TranslatedAnswerStream(Dialect upstream, Dialect client, RequestEcho echo) : EventStream(upstream)
{
    private readonly IAnswerStreamWriter _writer = AnswerCodecs.StreamWriter(client, echo);

    /// <inheritdoc />
    public override void WriteFailure(Failure failure, IBufferWriter<byte> output) =>
        ErrorBody.WriteFrame(client, ErrorBody.For(failure, client), _writer.Position, output);

    private protected override void Take(AnswerEvent @event, IBufferWriter<byte> output) => _writer.Write(@event, output);
}

/// <summary>One dialect's stream as another's single JSON, which is written when the stream is complete.</summary>
internal sealed class GatheredAnswerStream(Dialect upstream, Dialect client, RequestEcho echo) : EventStream(upstream)
{
    private readonly ISingleAnswerWriter _writer = AnswerCodecs.SingleWriter(client, echo);
    private bool _isWritten;

    /// <inheritdoc />
    public override bool Complete(IBufferWriter<byte> output)
    {
        if (base.Complete(output) && !_isWritten)
        {
            _isWritten = true;
            _writer.Write(output);
        }

        return IsComplete;
    }

    /// <inheritdoc />
    public override void WriteFailure(Failure failure, IBufferWriter<byte> output) =>
        ErrorBody.WriteJson(client, ErrorBody.For(failure, client), requestId: null, output);

    private protected override void Take(AnswerEvent @event, IBufferWriter<byte> output) => _writer.Add(@event);
}
