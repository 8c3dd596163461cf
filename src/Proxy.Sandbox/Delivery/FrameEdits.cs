using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Delivery;

/// <summary>What faults do to the frames of a stream before they are sent.</summary>
internal static class FrameEdits
{
    public static IReadOnlyList<Frame> Apply(SandboxFault fault, Reply reply)
    {
        if (!reply.IsStream || (!fault.TerminalTwice && fault.Inserts.Count == 0 && fault.LineEnding == SandboxLineEnding.Lf))
        {
            return reply.Frames;
        }

        var frames = reply.Frames;
        if (fault.TerminalTwice)
        {
            frames = [.. frames, .. frames.Where(f => f.Role == FrameRole.Terminal)];
        }

        if (fault.Inserts.Count > 0)
        {
            frames = Insert(frames, fault.Inserts);
        }

        return fault.LineEnding == SandboxLineEnding.Lf ? frames : [.. frames.Select(f => f with { Bytes = WithLineEnding(f.Bytes, fault.LineEnding) })];
    }

    /// <summary>How many bytes of a frame go out before a cut.</summary>
    public static int CutAt(FaultPlaceKind kind, ReadOnlySpan<byte> frame)
    {
        switch (kind)
        {
            case FaultPlaceKind.InUtf8:
                var lead = frame.IndexOfAnyInRange((byte)0xC0, (byte)0xFF);
                return lead < 0 ? frame.Length / 2 : lead + 1;
            case FaultPlaceKind.InLineEnd:
                var cr = frame.LastIndexOf("\r\n"u8);
                return cr < 0 ? frame.Length - 1 : cr + 1;
            case FaultPlaceKind.InString:
                // the last `":"` opens the value of the last string member
                var open = frame.LastIndexOf("\":\""u8);
                return open < 0 ? frame.Length / 2 : Math.Min(frame.Length - 1, open + 4);
            default:
                return frame.Length / 2;
        }
    }

    /// <summary>The frame that is cut: the place's own, or with UTF-8 the first from there that has a long character.</summary>
    public static int CutIndex(FaultPlace place, IReadOnlyList<Frame> frames)
    {
        var index = Math.Min(place.Event, frames.Count - 1);
        if (place.Kind == FaultPlaceKind.InUtf8)
        {
            for (var i = index; i < frames.Count; i++)
            {
                if (frames[i].Bytes.Span.IndexOfAnyInRange((byte)0xC0, (byte)0xFF) >= 0)
                {
                    return i;
                }
            }
        }

        return index;
    }

    private static List<Frame> Insert(IReadOnlyList<Frame> frames, IReadOnlyList<FrameInsert> inserts)
    {
        var result = new List<Frame>(frames.Count + inserts.Sum(i => i.Times));
        for (var at = 0; at <= frames.Count; at++)
        {
            foreach (var insert in inserts)
            {
                if (Math.Min(insert.AfterEvents, frames.Count) == at)
                {
                    result.AddRange(Enumerable.Repeat(new Frame(insert.Frame, FrameRole.Opening), insert.Times));
                }
            }

            if (at < frames.Count)
            {
                result.Add(frames[at]);
            }
        }

        return result;
    }

    private static byte[] WithLineEnding(ReadOnlyMemory<byte> frame, SandboxLineEnding ending)
    {
        var result = new List<byte>(frame.Length + 8);
        foreach (var b in frame.Span)
        {
            if (b != (byte)'\n')
            {
                result.Add(b);
                continue;
            }

            result.Add((byte)'\r');
            if (ending == SandboxLineEnding.CrLf)
            {
                result.Add((byte)'\n');
            }
        }

        return [.. result];
    }
}
