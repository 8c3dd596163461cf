using System.Buffers;
using Microsoft.AspNetCore.Http;
using Proxy.Actors.Relay;

namespace Proxy.Host.Answers;

/// <summary>
/// An answer over HTTP. Bytes go straight into Kestrel's output pipe: they are copied once, and a flush waits while the
/// client is slow.
/// </summary>
internal sealed class HttpAnswerSink(HttpContext context) : IAnswerSink
{
    private const string EventStream = "text/event-stream";
    private bool _isFlushing;

    /// <summary>True when the answer must end without the mark that says it is whole.</summary>
    public bool IsBroken { get; private set; }

    /// <inheritdoc />
    public bool HasStarted { get; private set; }

    /// <inheritdoc />
    public IBufferWriter<byte> Output => context.Response.BodyWriter;

    /// <inheritdoc />
    public void Start(int status, string contentType, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        if (contentType.StartsWith(EventStream, StringComparison.Ordinal))
        {
            // Intermediaries must neither keep nor gather it (spec/protocols.md 14.1).
            response.Headers.CacheControl = "no-cache";
            response.Headers["X-Accel-Buffering"] = "no";
        }

        for (var i = 0; i < headers.Count; i++)
        {
            response.Headers[headers[i].Key] = headers[i].Value;
        }

        HasStarted = true;
    }

    /// <inheritdoc />
    public async ValueTask<bool> FlushAsync(CancellationToken cancellation)
    {
        _isFlushing = true;
        var result = await context.Response.BodyWriter.FlushAsync(cancellation);
        _isFlushing = false;
        return !result.IsCompleted && !context.RequestAborted.IsCancellationRequested;
    }

    /// <inheritdoc />
    public async ValueTask CompleteAsync()
    {
        if (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.CompleteAsync();
        }
    }

    /// <summary>
    /// Breaks the answer. What was flushed still reaches the client, and then the connection ends without the last chunk;
    /// a flush that hangs on a client that does not read is cut off at once.
    /// </summary>
    public void Abort()
    {
        IsBroken = true;
        if (_isFlushing || !context.Response.HasStarted)
        {
            context.Abort();
        }
    }
}

/// <summary>Thrown through Kestrel, which then closes the connection behind what was flushed, without the last chunk.</summary>
internal sealed class BrokenAnswerException() : Exception("the answer was broken off");
