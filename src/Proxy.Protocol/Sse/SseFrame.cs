namespace Proxy.Protocol.Sse;

/// <summary>One server-sent event as it came off the wire. All memory is valid until the framer reads on.</summary>
/// <param name="Raw">The whole frame, its closing blank line included, byte for byte.</param>
/// <param name="EventName">The value of the last <c>event:</c> line; empty when there is none.</param>
/// <param name="Data">The <c>data:</c> lines joined by LF; empty when there is none.</param>
public readonly record struct SseFrame(ReadOnlyMemory<byte> Raw, ReadOnlyMemory<byte> EventName, ReadOnlyMemory<byte> Data)
{
    /// <summary>True for a frame of comments, ids or retry hints only: nothing for a translator to read.</summary>
    public bool IsEmpty => Data.IsEmpty && EventName.IsEmpty;
}
