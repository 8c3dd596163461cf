using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Tests.Sse;

public sealed class SseFramerTests
{
    [Theory]
    [InlineData("data: a\n\n", "a", "")]
    [InlineData("data:a\n\n", "a", "")]
    [InlineData("data:  a\r\n\r\n", " a", "")]
    [InlineData("data: a\r\rx", "a", "")]
    [InlineData("event: e\ndata: a\n\n", "a", "e")]
    [InlineData("data: a\nevent: e\n\n", "a", "e")]
    [InlineData("event: d\nevent: e\n\n", "", "e")]
    [InlineData("data: a\ndata: b\n\n", "a\nb", "")]
    [InlineData("data: a\r\ndata\r\ndata:b\r\n\r\n", "a\n\nb", "")]
    [InlineData("id: 7\nretry: 3\ndata: a\n: note\n\n", "a", "")]
    [InlineData("database: a\neventual: b\ndata: c\n\n", "c", "")]
    [InlineData("data: a\rdata: b\n\n", "a\nb", "")]
    [InlineData("\uFEFFdata: a\n\n", "a", "")]
    public void Frame_in_any_spelling_is_read(string text, string data, string eventName)
    {
        var frame = Frames([Encoding.UTF8.GetBytes(text)]).First();

        frame.Data.ShouldBe(data);
        frame.EventName.ShouldBe(eventName);
    }

    [Fact]
    public void Comment_frame_is_empty_and_keeps_its_bytes()
    {
        var frame = Frames([": keep-alive\n\n"u8.ToArray()]).Single();

        frame.Raw.ShouldBe(": keep-alive\n\n");
        frame.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Byte_order_mark_counts_only_at_the_start()
    {
        var frames = Frames([Encoding.UTF8.GetBytes("\uFEFFdata: a\n\n\uFEFFdata: b\n\n")]);

        frames[0].Data.ShouldBe("a");
        frames[1].Data.ShouldBe("");
    }

    [Fact]
    public void Blank_line_that_ends_in_cr_waits_for_its_lf_where_the_stream_uses_crlf()
    {
        var framer = new SseFramer();
        var buffer = new ReadOnlySequence<byte>("data: a\r\n\r"u8.ToArray());

        framer.TryRead(ref buffer, out _).ShouldBeFalse();
        framer.EndsMidFrame(buffer).ShouldBeFalse();
        framer.TryReadLast(ref buffer, out var frame).ShouldBeTrue();
        Encoding.UTF8.GetString(frame.Data.Span).ShouldBe("a");
        buffer.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Blank_line_of_a_stream_with_bare_cr_does_not_wait()
    {
        var framer = new SseFramer();
        var buffer = new ReadOnlySequence<byte>("data: a\r\r"u8.ToArray());

        framer.TryRead(ref buffer, out var frame).ShouldBeTrue();
        Encoding.UTF8.GetString(frame.Raw.Span).ShouldBe("data: a\r\r");
    }

    [Theory]
    [InlineData("data: {\"a\":\"un")]
    [InlineData("data: {}\n")]
    [InlineData("data: {}\r\n")]
    public void Fault26_stream_cut_inside_a_frame_ends_mid_frame(string text)
    {
        var framer = new SseFramer();
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));

        framer.TryRead(ref buffer, out _).ShouldBeFalse();
        framer.EndsMidFrame(buffer).ShouldBeTrue();
        framer.TryReadLast(ref buffer, out _).ShouldBeFalse();
    }

    [Fact]
    public void Fault26_stream_cut_between_cr_and_lf_keeps_the_whole_frame()
    {
        var framer = new SseFramer();
        var buffer = new ReadOnlySequence<byte>("data: {}\r\n\r"u8.ToArray());

        framer.TryRead(ref buffer, out _).ShouldBeFalse();
        framer.TryReadLast(ref buffer, out var frame).ShouldBeTrue();
        Encoding.UTF8.GetString(frame.Data.Span).ShouldBe("{}");
    }

    [Fact]
    public void Any_split_gives_the_same_frames()
    {
        string[] pieces = ["data: x", "data:y", "data", "event: e", ": note", "id: 1", "\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "é😀", "\uFEFF", "retry: 5", "data: {\"a\":1}"];
        var texts = Gen.Elements(pieces).ListOf().Select(string.Concat);
        var cuts = Gen.Choose(1, 7).ListOf();

        Prop.ForAll(texts.Zip(cuts).ToArbitrary(), input =>
        {
            var bytes = Encoding.UTF8.GetBytes(input.Item1);
            var whole = Frames([bytes]);
            Frames(Cut(bytes, input.Item2)).ShouldBe(whole);
            Frames([.. bytes.Select(b => new[] { b })]).ShouldBe(whole);
            Frames(Cut(bytes, input.Item2), keepSegments: true).ShouldBe(whole);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Frames_together_are_the_bytes_that_came()
    {
        var texts = Gen.Elements("data: x", "\n", "\r\n", "\r", "event: e", ": c", "\n\n").ListOf().Select(string.Concat);

        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var joined = string.Concat(Frames([Encoding.UTF8.GetBytes(text)], withRest: true).Select(f => f.Raw));
            joined.ShouldBe(text);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Fault29_one_megabyte_event_is_one_frame()
    {
        var payload = new string('x', 1024 * 1024);
        var bytes = Encoding.UTF8.GetBytes($"event: big\ndata: {payload}\n\n");

        var frame = Frames(bytes.Chunk(16 * 1024)).Single();

        frame.Data.ShouldBe(payload);
        frame.EventName.ShouldBe("big");
    }

    [Fact]
    public void Fault30_ten_thousand_tiny_events_are_ten_thousand_frames()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"data: {i}\n\n")));

        Frames(bytes.Chunk(4096)).Select(f => f.Data).ShouldBe(Enumerable.Range(0, 10_000).Select(i => $"{i}"));
    }

    [Fact]
    public void Fault32_comment_flood_gives_empty_frames_and_loses_no_event()
    {
        var flood = string.Concat(Enumerable.Repeat(": noise\n\n", 5_000));
        var bytes = Encoding.UTF8.GetBytes($"{flood}data: a\n\n{flood}data: b\n\n");

        var frames = Frames(bytes.Chunk(1000));

        frames.Count.ShouldBe(10_002);
        frames.Where(f => !f.IsEmpty).Select(f => f.Data).ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Frame_over_the_limit_is_refused_before_it_is_whole()
    {
        var framer = new SseFramer(maxFrameLength: 100);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("data: " + new string('x', 100)));

        Should.Throw<SseFrameTooLargeException>(() => framer.TryRead(ref buffer, out _));
    }

    [Fact]
    public void Fifty_mebibyte_frame_in_small_reads_is_scanned_once()
    {
        const int Length = 50 * 1024 * 1024 - 64;
        var bytes = new byte[Length + 8];
        bytes.AsSpan().Fill((byte)'x');
        "data: "u8.CopyTo(bytes);
        bytes[^2] = bytes[^1] = (byte)'\n';
        var framer = new SseFramer();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = false;
        for (var end = 16 * 1024; !found; end += 16 * 1024)
        {
            var buffer = new ReadOnlySequence<byte>(bytes, 0, Math.Min(end, bytes.Length));
            found = framer.TryRead(ref buffer, out var frame);
            if (found)
            {
                frame.Data.Length.ShouldBe(bytes.Length - 8);
            }
        }

        framer.Examined.ShouldBe(bytes.Length);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64 * 1024);
    }

    [Fact]
    public void Frame_in_one_segment_allocates_nothing()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("event: content_block_delta\ndata: {\"type\":\"content_block_delta\"}\n\n", 100)));
        var framer = new SseFramer();
        Count(framer, bytes).ShouldBe(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = Count(framer, bytes);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        count.ShouldBe(100);
        allocated.ShouldBe(0);
    }

    private static int Count(SseFramer framer, byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var count = 0;
        while (framer.TryRead(ref buffer, out _))
        {
            count++;
        }

        return count;
    }

    private sealed record Read(string Raw, string EventName, string Data, bool IsEmpty);

    private static IEnumerable<byte[]> Cut(byte[] bytes, IEnumerable<int> lengths)
    {
        var at = 0;
        foreach (var length in lengths)
        {
            if (at >= bytes.Length)
            {
                yield break;
            }

            yield return bytes[at..Math.Min(bytes.Length, at + length)];
            at += length;
        }

        if (at < bytes.Length)
        {
            yield return bytes[at..];
        }
    }

    /// <summary>Feeds the reads one after the other, as one growing array or as one segment per read.</summary>
    private static List<Read> Frames(IEnumerable<byte[]> reads, bool keepSegments = false, bool withRest = false)
    {
        var framer = new SseFramer();
        var frames = new List<Read>();
        var pending = new List<byte[]>();
        var buffer = ReadOnlySequence<byte>.Empty;
        foreach (var read in reads)
        {
            if (!buffer.IsEmpty || !keepSegments)
            {
                pending = keepSegments ? Segments(buffer) : [buffer.ToArray()];
            }
            else
            {
                pending = [];
            }

            pending.Add(read);
            buffer = keepSegments ? Chain.Of(pending) : new ReadOnlySequence<byte>([.. pending.SelectMany(p => p)]);
            while (framer.TryRead(ref buffer, out var frame))
            {
                frames.Add(Copy(frame));
            }
        }

        if (framer.TryReadLast(ref buffer, out var last))
        {
            frames.Add(Copy(last));
        }
        else if (withRest && !buffer.IsEmpty)
        {
            frames.Add(new Read(Encoding.UTF8.GetString(buffer.ToArray()), "", "", IsEmpty: false));
        }

        return frames;
    }

    private static List<byte[]> Segments(ReadOnlySequence<byte> buffer)
    {
        var list = new List<byte[]>();
        foreach (var segment in buffer)
        {
            list.Add(segment.ToArray());
        }

        return list;
    }

    private static Read Copy(SseFrame frame) => new(
        Encoding.UTF8.GetString(frame.Raw.Span), Encoding.UTF8.GetString(frame.EventName.Span), Encoding.UTF8.GetString(frame.Data.Span), frame.IsEmpty);

    private sealed class Chain : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Of(IReadOnlyList<byte[]> parts)
        {
            var first = new Chain { Memory = parts[0] };
            var last = first;
            foreach (var part in parts.Skip(1))
            {
                var next = new Chain { Memory = part, RunningIndex = last.RunningIndex + last.Memory.Length };
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}
