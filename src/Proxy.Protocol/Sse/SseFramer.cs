using System.Buffers;

namespace Proxy.Protocol.Sse;

/// <summary>Cuts a byte stream into server-sent events: any line ending, any split, multi-line data, comments.</summary>
public sealed class SseFramer(int maxFrameLength = SseFramer.DefaultMaxFrameLength)
{
    /// <summary>50 MiB: base64 images travel in one frame (spec/protocols.md 0).</summary>
    public const int DefaultMaxFrameLength = 50 * 1024 * 1024;

    /// <summary>
    /// Takes the next whole frame off the front of <paramref name="buffer"/>. False when none is complete yet; the
    /// caller then keeps the rest and calls again with more bytes.
    /// </summary>
    /// <exception cref="SseFrameTooLargeException">A frame exceeds the limit.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out SseFrame frame) => throw new NotSupportedException();

    /// <summary>At the end of the stream: true when <paramref name="rest"/> holds bytes of an unfinished frame.</summary>
    public bool EndsMidFrame(in ReadOnlySequence<byte> rest) => !rest.IsEmpty && maxFrameLength > 0;
}

/// <summary>A frame is longer than the framer's limit.</summary>
public sealed class SseFrameTooLargeException(long limit)
    : Exception($"the upstream sent a server-sent event of more than {limit} bytes");
