using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Recording;

namespace Proxy.Sandbox.Delivery;

/// <summary>
/// Sends a reply, one flush per event, and lets its fault happen where it belongs. The bytes are encoded before;
/// nothing here looks into them but the cuts.
/// </summary>
internal sealed class ReplySender(HttpContext http, Reply reply, SandboxFault fault, RecordedRequest record, TimeProvider time)
{
    private readonly CancellationToken _aborted = http.RequestAborted;

    /// <summary>True when the fault ended the connection, so that the abort seen is our own.</summary>
    public bool EndedByFault { get; private set; }

    public async Task SendAsync()
    {
        if (fault.Delay > TimeSpan.Zero)
        {
            await Task.Delay(fault.Delay, time, _aborted);
        }

        if (fault.Place.Kind == FaultPlaceKind.BeforeHeaders && await HappenAsync())
        {
            return;
        }

        var frames = FrameEdits.Apply(fault, reply);
        WriteHead(frames);
        if (fault.ContentEncoding is { } coding)
        {
            await SendEncodedAsync(coding, frames);
            return;
        }

        if (fault.Place.Kind == FaultPlaceKind.AfterHeaders && HasHappening)
        {
            await http.Response.StartAsync(_aborted);
            await http.Response.BodyWriter.FlushAsync(_aborted);
            if (await HappenAsync())
            {
                return;
            }
        }

        await SendFramesAsync(frames);
    }

    private bool HasHappening => fault.Gate is not null || fault.ErrorEvent is not null || fault.End != FaultEnd.None;

    private async Task SendFramesAsync(IReadOnlyList<Frame> frames)
    {
        var betweenEvents = fault.Place.Kind == FaultPlaceKind.AfterEvents && HasHappening;
        var stopAfter = betweenEvents ? Math.Min(fault.Place.Event, frames.Count) : -1;
        var cut = fault.Place.Kind > FaultPlaceKind.AfterEvents && HasHappening ? FrameEdits.CutIndex(fault.Place, frames) : -1;
        var contentSeen = false;
        for (var i = 0; i < frames.Count; i++)
        {
            if (i == stopAfter && await HappenAsync())
            {
                return;
            }

            var frame = frames[i];
            if (frame.Role == FrameRole.Content)
            {
                var wait = contentSeen ? reply.Gap : reply.First;
                contentSeen = true;
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, _aborted);
                }
            }

            if (i == cut)
            {
                var at = FrameEdits.CutAt(fault.Place.Kind, frame.Bytes.Span);
                await WriteAsync(frame.Bytes[..at]);
                if (await HappenAsync())
                {
                    return;
                }

                await WriteAsync(frame.Bytes[at..]);
            }
            else
            {
                await WriteAsync(frame.Bytes);
            }

            record.EventsWritten++;
        }

        if (stopAfter == frames.Count)
        {
            await HappenAsync();
        }
    }

    private void WriteHead(IReadOnlyList<Frame> frames)
    {
        var response = http.Response;
        response.StatusCode = reply.Status;
        response.ContentType = reply.ContentType;
        foreach (var (name, value) in reply.Headers)
        {
            response.Headers.Append(name, value);
        }

        foreach (var (name, value) in fault.Headers)
        {
            response.Headers.Append(name, value);
        }

        if (reply.IsStream)
        {
            response.Headers.CacheControl = "no-cache";
        }
        else if (!HasHappening && fault.ContentEncoding is null)
        {
            response.ContentLength = frames.Sum(f => f.Bytes.Length);
        }

        record.Status = reply.Status;
    }

    private async Task SendEncodedAsync(string coding, IReadOnlyList<Frame> frames)
    {
        http.Response.Headers.ContentEncoding = coding;
        using var plain = new MemoryStream();
        foreach (var frame in frames)
        {
            plain.Write(frame.Bytes.Span);
        }

        await WriteAsync(ContentCoding.Encode(coding, plain.GetBuffer().AsSpan(0, (int)plain.Length), fault.BrokenEncoding));
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var step = fault.WriteSize > 0 ? fault.WriteSize : bytes.Length;
        for (var at = 0; at < bytes.Length; at += step)
        {
            var part = bytes[at..Math.Min(bytes.Length, at + step)];
            await http.Response.BodyWriter.WriteAsync(part, _aborted);
        }
    }

    // gate, error event, end: true when nothing may follow
    private async Task<bool> HappenAsync()
    {
        if (fault.Gate is { } gate)
        {
            await gate.PassAsync(_aborted);
        }

        if (fault.ErrorEvent is { } error)
        {
            if (!http.Response.HasStarted)
            {
                WriteHead([]);
            }

            await WriteAsync(reply.ErrorFrame(error));
            return true;
        }

        switch (fault.End)
        {
            case FaultEnd.Reset:
                EndedByFault = true;
                http.Features.Get<IConnectionSocketFeature>()?.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
                http.Abort();
                return true;
            case FaultEnd.Hangup:
                EndedByFault = true;
                await HangUpAsync();
                return true;
            case FaultEnd.CleanEnd:
                return true;
            default:
                return false;
        }
    }

    // FIN first; the rest of the connection goes when the peer has seen it and closed its own side
    private async Task HangUpAsync()
    {
        if (http.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            socket.Shutdown(SocketShutdown.Send);
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var _ = _aborted.Register(() => gone.TrySetResult());
            await gone.Task;
        }

        http.Abort();
    }
}
