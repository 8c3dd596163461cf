using System.Buffers.Binary;
using System.IO.Compression;

namespace Proxy.Actors.Outbound;

/// <summary>Counts what is read of the compressed side.</summary>
internal sealed class CountingStream(Stream source) : ReadStream
{
    public long BytesRead { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer);
        BytesRead += read;
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        BytesRead += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Stops a bomb before it fills memory.</summary>
internal sealed class CappedStream(Stream decoded, CountingStream compressed, DecodeLimits limits) : ReadStream
{
    private long _total;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Checked(decoded.Read(buffer));
        }
        catch (InvalidOperationException broken)
        {
            throw Broken(broken);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Checked(await decoded.ReadAsync(buffer, cancellationToken));
        }
        catch (InvalidOperationException broken)
        {
            throw Broken(broken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decoded.Dispose();
        }

        base.Dispose(disposing);
    }

    // What BrotliStream throws on bad data.
    private static InvalidDataException Broken(InvalidOperationException broken) => new("a compressed body is broken", broken);

    private int Checked(int read)
    {
        _total += read;
        var isBomb = _total > DecodeLimits.RatioFloor && _total / limits.MaxRatio > compressed.BytesRead;
        return _total > limits.MaxBytes || isBomb ? throw new DecodeLimitException() : read;
    }
}

/// <summary>Bytes in memory, read as a stream without a copy.</summary>
internal sealed class MemoryReadStream(ReadOnlyMemory<byte> bytes) : ReadStream
{
    private int _position;

    public override int Read(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, bytes.Length - _position);
        bytes.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
}

/// <summary>
/// gzip, with a check that <see cref="GZipStream"/> leaves out: a body that ends before its trailer is broken, not
/// short. The last 8 bytes of the last member hold its length (RFC 1952 §2.3.1).
/// </summary>
internal sealed class GzipReadStream : ReadStream
{
    private const int SmallestMember = 18;

    private readonly TailStream _tail;
    private readonly GZipStream _gzip;
    private uint _length;

    public GzipReadStream(Stream source)
    {
        _tail = new TailStream(source);
        _gzip = new GZipStream(_tail, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer) => Checked(_gzip.Read(buffer), buffer.Length);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Checked(await _gzip.ReadAsync(buffer, cancellationToken), buffer.Length);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Checked(int read, int asked)
    {
        _length = unchecked(_length + (uint)read);
        return read > 0 || asked == 0 || (_tail.Total >= SmallestMember && _tail.LastLength == _length)
            ? read
            : throw new InvalidDataException("a gzip body ends before its trailer, or has several members");
    }

    /// <summary>Remembers the last four bytes that went by.</summary>
    private sealed class TailStream(Stream source) : ReadStream
    {
        private readonly byte[] _last = new byte[4];

        public long Total { get; private set; }

        public uint LastLength => BinaryPrimitives.ReadUInt32LittleEndian(_last);

        public override int Read(Span<byte> buffer)
        {
            var read = source.Read(buffer);
            Remember(buffer[..read]);
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await source.ReadAsync(buffer, cancellationToken);
            Remember(buffer.Span[..read]);
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                source.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Remember(ReadOnlySpan<byte> bytes)
        {
            Total += bytes.Length;
            if (bytes.Length >= 4)
            {
                bytes[^4..].CopyTo(_last);
            }
            else if (bytes.Length > 0)
            {
                _last.AsSpan(bytes.Length).CopyTo(_last);
                bytes.CopyTo(_last.AsSpan(4 - bytes.Length));
            }
        }
    }
}
