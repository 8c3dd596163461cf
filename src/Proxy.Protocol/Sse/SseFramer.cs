using System.Buffers;

namespace Proxy.Protocol.Sse;

/// <summary>Cuts a byte stream into server-sent events: any line ending, any split, multi-line data, comments.</summary>
/// <remarks>
/// <para>
/// A frame ends with its first blank line. What has been scanned of an unfinished frame is not scanned again, so that
/// a frame of 50 MiB in reads of 16 KiB costs one pass. A frame in one segment allocates nothing.
/// </para>
/// <para>
/// A blank line that ends in CR at the end of the buffer may still become CRLF. Such a frame waits for the next byte,
/// unless the line before it ended in a bare CR: then the stream uses bare CRs, and the frame is complete. This way the
/// frames never depend on how the bytes were split.
/// </para>
/// </remarks>
public sealed class SseFramer(int maxFrameLength = SseFramer.DefaultMaxFrameLength)
{
    /// <summary>50 MiB: base64 images travel in one frame (spec/protocols.md 0).</summary>
    public const int DefaultMaxFrameLength = 50 * 1024 * 1024;

    /// <summary>A larger scratch buffer is not kept for the next frame.</summary>
    private const int LargestKeptScratch = 256 * 1024;

    private const byte Lf = (byte)'\n';
    private const byte Cr = (byte)'\r';

    private readonly int _maxFrameLength = maxFrameLength;
    private byte[] _joined = [];
    private byte[] _data = [];
    private long _scanned;
    private bool _lineHasBytes;
    private bool _afterCr;
    private bool _previousWasBareCr;
    private bool _blankEndsInCr;
    private bool _started;

    /// <summary>How many bytes were looked at for frame ends, those behind a found end included: the proof that nothing is scanned twice.</summary>
    internal long Examined { get; private set; }

    /// <summary>
    /// Takes the next whole frame off the front of <paramref name="buffer"/>. False when none is complete yet; the
    /// caller then keeps the rest and calls again with more bytes behind it.
    /// </summary>
    /// <exception cref="SseFrameTooLargeException">A frame exceeds the limit.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out SseFrame frame)
    {
        if (buffer.Length < _scanned)
        {
            Reset();
        }

        var end = FindEnd(buffer);
        var length = end < 0 ? buffer.Length : end;
        if (length > _maxFrameLength)
        {
            throw new SseFrameTooLargeException(_maxFrameLength);
        }

        if (end < 0)
        {
            _scanned = buffer.Length;
            frame = default;
            return false;
        }

        Take(ref buffer, end, out frame);
        return true;
    }

    /// <summary>
    /// At the end of the stream, after <see cref="TryRead"/> said false: a frame whose blank line ends in CR was still
    /// waiting for an LF, and is complete now.
    /// </summary>
    public bool TryReadLast(ref ReadOnlySequence<byte> buffer, out SseFrame frame)
    {
        if (!_blankEndsInCr || buffer.Length != _scanned)
        {
            frame = default;
            return false;
        }

        Take(ref buffer, _scanned, out frame);
        return true;
    }

    /// <summary>At the end of the stream: true when <paramref name="rest"/> holds bytes of an unfinished frame.</summary>
    public bool EndsMidFrame(in ReadOnlySequence<byte> rest) => !rest.IsEmpty && !_blankEndsInCr;

    /// <summary>Offset behind the frame at the front, or -1.</summary>
    private long FindEnd(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsSingleSegment)
        {
            var end = Scan(buffer.FirstSpan[(int)_scanned..]);
            return end < 0 ? -1 : _scanned + end;
        }

        var offset = _scanned;
        foreach (var segment in buffer.Slice(_scanned))
        {
            var end = Scan(segment.Span);
            if (end >= 0)
            {
                return offset + end;
            }

            offset += segment.Length;
        }

        return -1;
    }

    private int Scan(ReadOnlySpan<byte> bytes)
    {
        Examined += bytes.Length;
        var at = 0;
        while (at < bytes.Length)
        {
            if (_blankEndsInCr)
            {
                return bytes[at] == Lf ? at + 1 : at;
            }

            if (_afterCr)
            {
                _afterCr = false;
                _previousWasBareCr = bytes[at] != Lf;
                if (!_previousWasBareCr)
                {
                    at++;
                    continue;
                }
            }

            var ending = bytes[at..].IndexOfAny(Lf, Cr);
            if (ending < 0)
            {
                _lineHasBytes = true;
                return -1;
            }

            var isBlank = ending == 0 && !_lineHasBytes;
            var isCr = bytes[at + ending] == Cr;
            at += ending + 1;
            if (!isBlank)
            {
                _lineHasBytes = false;
                _afterCr = isCr;
                _previousWasBareCr = false;
            }
            else if (!isCr || _previousWasBareCr)
            {
                return at;
            }
            else
            {
                _blankEndsInCr = true;
            }
        }

        return -1;
    }

    private void Take(ref ReadOnlySequence<byte> buffer, long end, out SseFrame frame)
    {
        var raw = buffer.Slice(0, end);
        frame = Parse(raw.IsSingleSegment ? raw.First : Join(raw));
        buffer = buffer.Slice(end);
        Reset();
    }

    private void Reset()
    {
        _scanned = 0;
        _lineHasBytes = _afterCr = _previousWasBareCr = _blankEndsInCr = false;
    }

    private ReadOnlyMemory<byte> Join(in ReadOnlySequence<byte> raw)
    {
        var length = (int)raw.Length;
        _joined = Scratch(_joined, length);
        raw.CopyTo(_joined);
        return _joined.AsMemory(0, length);
    }

    private static byte[] Scratch(byte[] kept, int length) =>
        kept.Length >= length && (kept.Length <= LargestKeptScratch || length > LargestKeptScratch)
            ? kept
            : GC.AllocateUninitializedArray<byte>(Math.Max(length, 4096));

    private SseFrame Parse(ReadOnlyMemory<byte> raw)
    {
        var bytes = raw.Span;
        var at = 0;
        if (!_started)
        {
            _started = true;
            at = bytes.StartsWith("\uFEFF"u8) ? 3 : 0;
        }

        ReadOnlyMemory<byte> eventName = default, data = default;
        var dataLines = 0;
        var dataLength = 0;
        while (at < bytes.Length)
        {
            var length = bytes[at..].IndexOfAny(Lf, Cr);
            if (length < 0)
            {
                break;
            }

            var line = bytes.Slice(at, length);
            if (TryValue(line, "data"u8, out var skip))
            {
                var value = raw.Slice(at + skip, length - skip);
                dataLines++;
                if (dataLines == 1)
                {
                    data = value;
                }
                else
                {
                    dataLength = AppendLine(dataLines == 2 ? data : default, dataLines == 2, dataLength, value, raw.Length);
                }
            }
            else if (TryValue(line, "event"u8, out skip))
            {
                eventName = raw.Slice(at + skip, length - skip);
            }

            at += length + 1;
            if (bytes[at - 1] == Cr && at < bytes.Length && bytes[at] == Lf)
            {
                at++;
            }
        }

        return new SseFrame(raw, eventName, dataLines > 1 ? _data.AsMemory(0, dataLength) : data);
    }

    private int AppendLine(ReadOnlyMemory<byte> first, bool isSecond, int length, ReadOnlyMemory<byte> value, int bound)
    {
        if (isSecond)
        {
            _data = Scratch(_data, bound);
            first.Span.CopyTo(_data);
            length = first.Length;
        }

        _data[length++] = Lf;
        value.Span.CopyTo(_data.AsSpan(length));
        return length + value.Length;
    }

    /// <summary>True when the line is the field <paramref name="name"/>; its value begins at <paramref name="skip"/>.</summary>
    private static bool TryValue(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out int skip)
    {
        skip = name.Length;
        if (!line.StartsWith(name))
        {
            return false;
        }

        if (line.Length == name.Length)
        {
            return true;
        }

        if (line[name.Length] != (byte)':')
        {
            return false;
        }

        skip += line.Length > name.Length + 1 && line[name.Length + 1] == (byte)' ' ? 2 : 1;
        return true;
    }
}

/// <summary>A frame is longer than the framer's limit.</summary>
public sealed class SseFrameTooLargeException(long limit)
    : Exception($"the upstream sent a server-sent event of more than {limit} bytes");
