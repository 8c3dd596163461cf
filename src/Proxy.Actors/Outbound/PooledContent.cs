using System.Net;
using System.Net.Http.Headers;
using Proxy.Protocol.Json;

namespace Proxy.Actors.Outbound;

/// <summary>
/// A request body on pooled memory. The memory goes back only when its owner has let go and no send is still at it:
/// over HTTP/2 an answer, or a cancellation, can come while the body is being sent, and a buffer given back then would
/// send another request's bytes.
/// </summary>
public sealed class PooledContent : HttpContent
{
    private readonly PooledBufferWriter _body;
    private int _holders = 1;
    private int _isReleased;

    /// <summary>Takes <paramref name="body"/> over.</summary>
    public PooledContent(PooledBufferWriter body)
    {
        _body = body;
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc />
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (!TryHold())
        {
            throw new ObjectDisposedException(nameof(PooledContent));
        }

        try
        {
            await stream.WriteAsync(_body.Written, cancellationToken);
        }
        finally
        {
            Release();
        }
    }

    /// <inheritdoc />
    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isReleased, 1) == 0)
        {
            Release();
        }

        base.Dispose(disposing);
    }

    private bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _body.Dispose();
        }
    }
}
