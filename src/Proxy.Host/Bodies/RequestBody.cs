using System.Buffers;
using Proxy.Host.Doors;

namespace Proxy.Host.Bodies;

/// <summary>A whole request body on pooled memory, counted against the process's budget until it is disposed of.</summary>
internal sealed class RequestBody : IDisposable
{
    private readonly Admission _budget;
    private byte[]? _pooled;
    private long _counted;

    /// <summary>Takes over <paramref name="pooled"/> and the <paramref name="counted"/> bytes that were let in for it.</summary>
    public RequestBody(byte[]? pooled, ReadOnlyMemory<byte> bytes, Admission budget, long counted)
    {
        _pooled = pooled;
        _budget = budget;
        _counted = counted;
        Bytes = bytes;
    }

    /// <summary>The body, decoded.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>
    /// True when nobody can be reading the bytes any more. A call that was cancelled may still be sending them: then the
    /// memory is left to the collector instead of the pool, so that no other request's bytes get into it.
    /// </summary>
    public bool MayBeReused { get; set; }

    /// <inheritdoc />
    public void Dispose()
    {
        _budget.Leave(_counted);
        _counted = 0;
        if (_pooled is { } pooled && MayBeReused)
        {
            ArrayPool<byte>.Shared.Return(pooled);
        }

        _pooled = null;
    }
}
