using System.Buffers;
using Proxy.Host.Doors;

namespace Proxy.Host.Bodies;

/// <summary>
/// A whole request body on pooled memory, counted against the process's budget until it is disposed of: at commit by the
/// relay, or at the end of the request. Upstream calls send copies of their own.
/// </summary>
internal sealed class RequestBody(byte[]? pooled, ReadOnlyMemory<byte> bytes, Admission budget, long counted) : IDisposable
{
    private int _isDisposed;

    /// <summary>The body, decoded. Not to be read after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        budget.Leave(counted);
        if (pooled is not null)
        {
            ArrayPool<byte>.Shared.Return(pooled);
        }
    }
}
