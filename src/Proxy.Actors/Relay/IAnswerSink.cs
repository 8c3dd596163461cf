using System.Buffers;

namespace Proxy.Actors.Relay;

/// <summary>Where an answer goes: SSE or single JSON over HTTP, later frames of a WebSocket. Used by one request's task only.</summary>
public interface IAnswerSink
{
    /// <summary>True once status and headers have gone out.</summary>
    bool HasStarted { get; }

    /// <summary>Sets status and headers; they go out with the first flush.</summary>
    void Start(int status, string contentType, IReadOnlyList<KeyValuePair<string, string>> headers);

    /// <summary>Bytes for the client; sent by <see cref="FlushAsync"/>.</summary>
    IBufferWriter<byte> Output { get; }

    /// <summary>Sends what was written. Waits while the client is slow; that is the back-pressure.</summary>
    /// <returns>False when the client is gone.</returns>
    ValueTask<bool> FlushAsync(CancellationToken cancellation);

    /// <summary>Ends the answer cleanly.</summary>
    ValueTask CompleteAsync();

    /// <summary>Breaks the connection: the client must not take what it has for a whole answer.</summary>
    void Abort();
}
