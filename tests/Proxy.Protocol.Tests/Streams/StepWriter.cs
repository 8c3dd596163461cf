using System.Buffers;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>
/// The client's side, with a watchdog: work is counted in writes and bytes, not in time. Whoever writes without end, or
/// far more than the upstream sent, is stopped.
/// </summary>
internal sealed class StepWriter(int limit) : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private int _steps;

    public byte[] Written => _bytes.WrittenSpan.ToArray();

    /// <summary>
    /// A text of one byte costs a frame of about 300; a text is told up to four times, escaped twice at most. All of it
    /// is linear in what the upstream sent.
    /// </summary>
    public static int LimitFor(int upstreamLength) => 8192 + (32 * upstreamLength);

    public void Advance(int count)
    {
        _bytes.Advance(count);
        if (++_steps > limit || _bytes.WrittenCount > limit)
        {
            throw new InvalidOperationException($"{_steps} writes of {_bytes.WrittenCount} bytes: more than the {limit} that the input accounts for");
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.GetSpan(sizeHint);
}
