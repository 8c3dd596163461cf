using System.Buffers;
using System.IO.Pipelines;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Actors.Relay;

/// <summary>
/// The hot path: one upstream stream into one client.
/// </summary>
/// <remarks>
/// <code>
///   upstream socket
///        │  zero-byte read: an idle stream holds no buffer
///        ▼
///   [1] PipeReader ── nothing yet ──▶ attend: keep-alive to the client, watchdog on the upstream
///        │ one read = n frames
///        ▼
///   [2] first bytes: gzip that nobody announced ▶ decode;  '{' ▶ a JSON where a stream was asked for
///        │
///        ▼
///   [3] SseFramer ──frame──▶ [4] AnswerStream.Read(frame, target) ──▶ kind
///        ▲                                                    │
///        │                            target = held bytes ◀───┴───▶ target = client's own buffer
///        │                            (gate held or opened)         (committed: no copy of ours between)
///        │                                     │
///        │                            [5] CommitGate.Take(kind): content ▶ start, release, commit
///        │
///        └── until the read is used up, then [6] one flush; while it waits, nothing is read: back-pressure
///   [7] terminal event ▶ finish;  end without one ▶ truncated;  error event ▶ judged by the classifier
/// </code>
/// A client that wants a single JSON has no gate: everything is gathered, and may fail over until the end.
/// </remarks>
internal sealed class AnswerPump(UpstreamAttempt attempt, RelayRequest request, ClientSide client, StreamWatch watch, Exchange exchange, AnswerStream answer, bool isCodex)
{
    /// <summary>An event stream is some times as long as the answer inside; a gathered one may have this many times the limit of a single JSON.</summary>
    private const int GatherFactor = 4;

    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 16 * 1024, minimumReadSize: 4096, useZeroByteReads: true);

    private readonly SseFramer _framer = new();
    private PooledBufferWriter? _gathered;
    private bool _isComplete;

    private enum Opening
    {
        Unknown,
        Events,
        Gzip,
        Json,
    }

    /// <summary>Bytes of the body that have come: tells a reset from a cut.</summary>
    public long Received { get; private set; }

    /// <summary>Carries the whole stream, or as much of it as there is.</summary>
    public async Task<AttemptEnd> RunAsync(Stream source, string? encoding)
    {
        var decoded = BodyDecoder.IsIdentity(encoding) ? source : BodyDecoder.Open(source, encoding, DecodeLimits.RatioOnly);
        if (decoded is null)
        {
            return attempt.Judge(attempt.NewError() with { Network = NetworkFault.Encoding });
        }

        var reader = PipeReader.Create(decoded, ReaderOptions);
        try
        {
            var opening = await LookAtOpeningAsync(reader);
            if (opening == Opening.Gzip)
            {
                reader = PipeReader.Create(BodyDecoder.Open(reader.AsStream(), "gzip", DecodeLimits.RatioOnly)!, ReaderOptions);
            }

            return opening == Opening.Json ? await ReadJsonAsync(reader) : await PumpAsync(reader);
        }
        finally
        {
            _gathered?.Dispose();
            await reader.CompleteAsync();
        }
    }

    private async Task<AttemptEnd> PumpAsync(PipeReader reader)
    {
        while (true)
        {
            var read = await ReadAsync(reader);
            var rest = read.Buffer;
            var error = ReadFrames(ref rest, read.IsCompleted);
            reader.AdvanceTo(rest.Start, rest.End);
            if (error is not null)
            {
                return attempt.Judge(error);
            }

            if (_isComplete)
            {
                return await FinishAsync();
            }

            if (!await client.FlushAsync())
            {
                return AttemptEnd.Cancelled;
            }

            if (attempt.FirstContentAt is not null)
            {
                watch.ExpectUpstream(request.Configuration.Relay.Gap);
            }
        }
    }

    /// <summary>Everything that one read holds. Null when the stream goes on or is complete.</summary>
    private UpstreamError? ReadFrames(ref ReadOnlySequence<byte> rest, bool isLast)
    {
        try
        {
            while (_framer.TryRead(ref rest, out var frame) || (isLast && _framer.TryReadLast(ref rest, out frame)))
            {
                if (Take(frame) is { } error)
                {
                    return error;
                }

                if (_isComplete)
                {
                    rest = rest.Slice(rest.End);
                    return null;
                }
            }
        }
        catch (SseFrameTooLargeException)
        {
            return attempt.NewError() with { Network = NetworkFault.Protocol };
        }

        if (!isLast)
        {
            return IsTooMuchToGather ? attempt.NewError() with { Network = NetworkFault.Protocol } : null;
        }

        // Where a dialect allows an end without a terminal event, the missing pieces are content: they commit.
        _isComplete = answer.Complete(Target);
        if (!_isComplete)
        {
            return attempt.NewError() with { IsTruncated = true };
        }

        Commit();
        return null;
    }

    private UpstreamError? Take(in SseFrame frame)
    {
        if (isCodex && IsRateLimits(frame))
        {
            attempt.Observe(frame.Data.Span);
        }

        var kind = answer.Read(frame, Target);
        if (kind == FrameKind.Error)
        {
            return answer.Error is { } said ? attempt.NewError() with { InStream = said } : attempt.NewError() with { IsTruncated = true };
        }

        if (kind is FrameKind.Content or FrameKind.Terminal)
        {
            attempt.SawContent();
        }

        if (client.Streams && client.Gate.Take(kind))
        {
            Commit();
        }

        if (kind == FrameKind.Terminal)
        {
            _isComplete = answer.Complete(Target);
        }

        return null;
    }

    private async Task<AttemptEnd> FinishAsync()
    {
        if (client.Streams)
        {
            return await client.FinishAsync() ? AttemptEnd.Served : AttemptEnd.Cancelled;
        }

        return await client.SendSingleAsync(_gathered?.Written ?? default, attempt.Headers) ? AttemptEnd.Served : AttemptEnd.Cancelled;
    }

    /// <summary>A whole JSON, an error most likely, where a stream was asked for.</summary>
    private async Task<AttemptEnd> ReadJsonAsync(PipeReader reader)
    {
        using var body = new PooledBufferWriter(16 * 1024);
        return await UpstreamBody.ReadAsync(reader.AsStream(), body, request.Configuration.Relay.MaxSingleAnswer, client, attempt)
            ? await attempt.FinishSingleAsync(exchange, body.Written, encoding: null)
            : attempt.Judge(attempt.NewError() with { Network = NetworkFault.Protocol });
    }

    private async Task<Opening> LookAtOpeningAsync(PipeReader reader)
    {
        while (true)
        {
            var read = await ReadAsync(reader);
            var opening = Judge(read.Buffer);
            if (opening != Opening.Unknown || read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start);
                return opening;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static Opening Judge(in ReadOnlySequence<byte> buffer)
    {
        var bytes = buffer.IsSingleSegment ? buffer.FirstSpan : buffer.Slice(0, Math.Min(buffer.Length, 256)).ToArray();
        if (BodyDecoder.LooksLikeGzip(bytes))
        {
            return Opening.Gzip;
        }

        var text = bytes.TrimStart(" \t\r\n"u8);
        return text.IsEmpty || (bytes.Length == 1 && bytes[0] == 0x1f) ? Opening.Unknown
            : text[0] == (byte)'{' ? Opening.Json
            : Opening.Events;
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader reader)
    {
        var pending = reader.ReadAsync(attempt.Token);
        if (!pending.IsCompleted)
        {
            await client.AttendAsync(pending.ConfigureAwait(false).GetAwaiter(), attempt);
        }

        var read = await pending;
        Received += read.Buffer.Length;
        attempt.IsReadToItsEnd |= read.IsCompleted;
        return read;
    }

    private IBufferWriter<byte> Target => client.Streams ? client.Gate.Target(client) : _gathered ??= new PooledBufferWriter();

    private bool IsTooMuchToGather => !client.Streams && Received > (long)request.Configuration.Relay.MaxSingleAnswer * GatherFactor;

    private static bool IsRateLimits(in SseFrame frame) =>
        frame.EventName.IsEmpty
            ? frame.Data.Span.StartsWith("{\"type\":\"codex.rate_limits\""u8)
            : frame.EventName.Span.SequenceEqual("codex.rate_limits"u8);

    private void Commit()
    {
        if (client.Streams && client.Gate.State != GateState.Committed)
        {
            client.Commit(attempt.Headers);
        }
    }
}
