using System.IO.Compression;

namespace Proxy.Actors.Outbound;

/// <summary><c>deflate</c> means zlib (RFC 9110 §8.4.1.2), but some servers send raw deflate: the first two bytes tell.</summary>
internal sealed class DeflateReadStream(Stream source) : ReadStream
{
    private readonly byte[] _start = new byte[2];
    private int _startLength;
    private Stream? _inflated;

    public override int Read(Span<byte> buffer)
    {
        while (_inflated is null)
        {
            Take(source.Read(_start.AsSpan(_startLength)));
        }

        return _inflated.Read(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_inflated is null)
        {
            Take(await source.ReadAsync(_start.AsMemory(_startLength), cancellationToken));
        }

        return await _inflated.ReadAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inflated?.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Take(int read)
    {
        _startLength += read;
        if (read > 0 && _startLength < 2)
        {
            return;
        }

        var rest = new PrefixedStream(_start.AsMemory(0, _startLength), source);
        var isZlib = _startLength == 2 && (_start[0] & 0x0f) == 8 && ((_start[0] << 8) | _start[1]) % 31 == 0;
        _inflated = isZlib ? new ZLibStream(rest, CompressionMode.Decompress) : new DeflateStream(rest, CompressionMode.Decompress);
    }

    /// <summary>Gives back the bytes that were looked at.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ReadStream
    {
        private ReadOnlyMemory<byte> _prefix = prefix;

        public override int Read(Span<byte> buffer) => _prefix.IsEmpty ? rest.Read(buffer) : FromPrefix(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _prefix.IsEmpty ? rest.ReadAsync(buffer, cancellationToken) : new ValueTask<int>(FromPrefix(buffer.Span));

        private int FromPrefix(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, _prefix.Length);
            _prefix.Span[..count].CopyTo(buffer);
            _prefix = _prefix[count..];
            return count;
        }
    }
}
