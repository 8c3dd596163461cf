namespace Proxy.Protocol.Json;

/// <summary>Takes members out of an object or elements out of an array, commas and blanks between them included.</summary>
public static class JsonRemoval
{
    /// <summary>
    /// Adds the edits that remove from a list of siblings those that <paramref name="isRemoved"/> names, and appends
    /// <paramref name="appended"/> (without commas) behind the last that stays.
    /// </summary>
    /// <param name="edits">Where the edits go.</param>
    /// <param name="siblings">All members or elements of one container, in order.</param>
    /// <param name="containerStart">Offset of the container's opening bracket.</param>
    /// <param name="isRemoved">Which of them go, by index.</param>
    /// <param name="appended">What comes behind the last; empty for nothing.</param>
    public static void Apply(JsonEdits edits, IReadOnlyList<JsonSpan> siblings, int containerStart, Func<int, bool> isRemoved, ReadOnlyMemory<byte> appended = default)
    {
        ArgumentNullException.ThrowIfNull(edits);
        ArgumentNullException.ThrowIfNull(siblings);
        ArgumentNullException.ThrowIfNull(isRemoved);
        var lastKept = siblings.Count - 1;
        while (lastKept >= 0 && isRemoved(lastKept))
        {
            lastKept--;
        }

        for (var i = 0; i < lastKept; i++)
        {
            if (isRemoved(i))
            {
                // up to the next sibling: that takes the comma behind it
                edits.Remove(siblings[i].Start, siblings[i + 1].Start - siblings[i].Start);
            }
        }

        // the tail goes with the comma in front of it, and what is appended takes its place
        var tailStart = lastKept >= 0 ? siblings[lastKept].End : siblings.Count > 0 ? siblings[0].Start : containerStart + 1;
        var tailEnd = lastKept == siblings.Count - 1 ? tailStart : siblings[^1].End;
        if (!appended.IsEmpty && lastKept >= 0)
        {
            byte[] withComma = [(byte)',', .. appended.Span];
            appended = withComma;
        }

        if (tailEnd > tailStart || !appended.IsEmpty)
        {
            edits.Replace(tailStart, tailEnd - tailStart, appended);
        }
    }
}
