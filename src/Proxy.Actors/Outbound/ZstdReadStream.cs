namespace Proxy.Actors.Outbound;

/// <summary>zstd, frame after frame; a body that ends inside of a frame is broken, not short.</summary>
internal sealed class ZstdReadStream(Stream source, IZstdDecoder decoder) : ReadStream
{
    private readonly byte[] _input = new byte[16 * 1024];
    private int _from;
    private int _to;
    private bool _isAtFrameEnd;
    private bool _mayHoldMore;

    public override int Read(Span<byte> buffer)
    {
        int written;
        while (!TryDecode(buffer, out written))
        {
            if (!Take(source.Read(_input)))
            {
                return 0;
            }
        }

        return written;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int written;
        while (!TryDecode(buffer.Span, out written))
        {
            if (!Take(await source.ReadAsync(_input, cancellationToken)))
            {
                return 0;
            }
        }

        return written;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decoder.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>False when there is nothing to give before more is read. Also asks without new input where the last buffer was filled: the decoder may hold more.</summary>
    private bool TryDecode(Span<byte> buffer, out int written)
    {
        written = 0;
        if (buffer.IsEmpty)
        {
            return true;
        }

        while (_from < _to || _mayHoldMore)
        {
            _isAtFrameEnd = decoder.Decode(_input.AsSpan(_from, _to - _from), buffer, out var taken, out written);
            _from += taken;
            _mayHoldMore = written == buffer.Length;
            if (written > 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool Take(int read)
    {
        if (read == 0 && !_isAtFrameEnd)
        {
            throw new InvalidDataException("a zstd body ends inside of a frame");
        }

        (_from, _to) = (0, read);
        return read > 0;
    }
}
