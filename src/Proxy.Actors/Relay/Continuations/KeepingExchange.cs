using System.Buffers;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Requests;
using Proxy.Protocol.Sse;

namespace Proxy.Actors.Relay.Continuations;

/// <summary>
/// An exchange whose answer is looked at in the form in which its Responses client gets it: when it is whole, its items
/// are kept, before the client can have the last of it and ask for more.
/// </summary>
internal sealed class KeepingExchange(Exchange inner, bool clientStreams, ItemShelf shelf) : Exchange
{
    /// <inheritdoc />
    public override bool UpstreamStreams => inner.UpstreamStreams;

    /// <inheritdoc />
    public override string Path => inner.Path;

    /// <inheritdoc />
    public override IReadOnlyList<KeyValuePair<string, string>> Headers => inner.Headers;

    /// <inheritdoc />
    public override IReadOnlyList<string> Losses => inner.Losses;

    /// <inheritdoc />
    public override RequestProblem? WriteRequest(IBufferWriter<byte> body) => inner.WriteRequest(body);

    /// <inheritdoc />
    public override AnswerStream OpenStream() => new KeepingStream(inner.OpenStream(), clientStreams, shelf);

    /// <inheritdoc />
    public override SingleResult WriteSingle(ReadOnlyMemory<byte> upstreamBody, IBufferWriter<byte> output)
    {
        var answer = new ArrayBufferWriter<byte>(upstreamBody.Length + 256);
        var result = inner.WriteSingle(upstreamBody, answer);
        if (result.Error is null && !clientStreams)
        {
            shelf.Keep(AnswerItems.OfResponse(answer.WrittenMemory));
        }

        output.Write(answer.WrittenSpan);
        return result;
    }
}

/// <summary>The stream of a <see cref="KeepingExchange"/>.</summary>
internal sealed class KeepingStream(AnswerStream inner, bool clientStreams, ItemShelf shelf) : AnswerStream
{
    private readonly ArrayBufferWriter<byte> _written = new(512);
    private bool _isKept;

    /// <inheritdoc />
    public override FrameKind Read(in SseFrame frame, IBufferWriter<byte> output)
    {
        _written.ResetWrittenCount();
        var kind = inner.Read(frame, _written);
        (Error, Usage, IsComplete) = (inner.Error, inner.Usage, inner.IsComplete);
        Pass(output);
        return kind;
    }

    /// <inheritdoc />
    public override bool Complete(IBufferWriter<byte> output)
    {
        _written.ResetWrittenCount();
        var isWhole = inner.Complete(_written);
        (Error, Usage, IsComplete) = (inner.Error, inner.Usage, inner.IsComplete);
        Pass(output);
        return isWhole;
    }

    /// <inheritdoc />
    public override void WriteFailure(Failure failure, IBufferWriter<byte> output) => inner.WriteFailure(failure, output);

    private void Pass(IBufferWriter<byte> output)
    {
        if (_written.WrittenCount == 0)
        {
            return;
        }

        if (IsComplete && !_isKept)
        {
            _isKept = true;
            shelf.Keep(clientStreams ? AnswerItems.OfFrames(_written.WrittenMemory) : AnswerItems.OfResponse(_written.WrittenMemory));
        }

        output.Write(_written.WrittenSpan);
    }
}
