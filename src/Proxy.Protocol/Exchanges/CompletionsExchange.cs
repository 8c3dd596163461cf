using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>A Chat exchange whose client came to <c>/v1/completions</c>: only the answers differ.</summary>
internal sealed class CompletionsExchange(Exchange chat, bool clientStreams, JsonText echo) : Exchange
{
    /// <inheritdoc />
    public override bool UpstreamStreams => chat.UpstreamStreams;

    /// <inheritdoc />
    public override string Path => chat.Path;

    /// <inheritdoc />
    public override IReadOnlyList<KeyValuePair<string, string>> Headers => chat.Headers;

    /// <inheritdoc />
    public override IReadOnlyList<string> Losses => chat.Losses;

    /// <inheritdoc />
    public override RequestProblem? WriteRequest(IBufferWriter<byte> body) => chat.WriteRequest(body);

    /// <inheritdoc />
    public override AnswerStream OpenStream() => new CompletionsStream(chat.OpenStream(), clientStreams, echo);

    /// <inheritdoc />
    public override SingleResult WriteSingle(ReadOnlyMemory<byte> upstreamBody, IBufferWriter<byte> output)
    {
        var answer = new ArrayBufferWriter<byte>();
        var result = chat.WriteSingle(upstreamBody, answer);
        if (result.Error is null)
        {
            CompletionsAnswer.Write(answer.WrittenMemory, isChunk: false, new CompletionsChoices(echo), output);
        }

        return result;
    }
}

/// <summary>Turns the Chat frames of another stream into completion frames.</summary>
internal sealed class CompletionsStream(AnswerStream chat, bool clientStreams, JsonText echo) : AnswerStream
{
    private readonly CompletionsChoices _told = new(echo);
    private readonly ArrayBufferWriter<byte> _chatOutput = new();
    private readonly ArrayBufferWriter<byte> _json = new();

    /// <inheritdoc />
    public override FrameKind Read(in SseFrame frame, IBufferWriter<byte> output)
    {
        _chatOutput.ResetWrittenCount();
        var kind = chat.Read(frame, _chatOutput);
        (Error, Usage, IsComplete) = (chat.Error, chat.Usage, chat.IsComplete);
        return Convert(output) ? kind : FrameKind.Error;
    }

    /// <inheritdoc />
    public override bool Complete(IBufferWriter<byte> output)
    {
        _chatOutput.ResetWrittenCount();
        var isWhole = chat.Complete(_chatOutput);
        (Usage, IsComplete) = (chat.Usage, chat.IsComplete);
        if (clientStreams)
        {
            return Convert(output) && isWhole;
        }

        if (isWhole)
        {
            CompletionsAnswer.Write(_chatOutput.WrittenMemory, isChunk: false, _told, output);
        }

        return isWhole;
    }

    /// <inheritdoc />
    public override void WriteFailure(Failure failure, IBufferWriter<byte> output) => chat.WriteFailure(failure, output);

    /// <summary>Converts what the Chat stream wrote: whole frames, always. False when a chunk is no JSON.</summary>
    private bool Convert(IBufferWriter<byte> output)
    {
        var framer = new SseFramer();
        var buffer = new ReadOnlySequence<byte>(_chatOutput.WrittenMemory);
        while (!buffer.IsEmpty && framer.TryRead(ref buffer, out var frame))
        {
            if (frame.Data.IsEmpty || frame.Data.Span.StartsWith("[DONE]"u8))
            {
                output.Write(frame.Raw.Span);
                continue;
            }

            _json.ResetWrittenCount();
            try
            {
                if (!CompletionsAnswer.Write(frame.Data, isChunk: true, _told, _json))
                {
                    continue;
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                Error = UpstreamErrorReader.Unreadable(frame.Data);
                return false;
            }

            output.Write("data: "u8);
            output.Write(_json.WrittenSpan);
            output.Write("\n\n"u8);
        }

        return true;
    }
}
