namespace Proxy.Host.Counting;

/// <summary>Byte-pair encoding of one piece of text, as far as counting needs it.</summary>
internal static class BytePairs
{
    /// <summary>The longest piece, in bytes. The work grows with its square.</summary>
    public const int LongestPiece = 256 * 3;

    /// <summary>How many tokens <paramref name="piece"/> is cut into: always the neighbours of the lowest rank are merged next, the first of equals.</summary>
    /// <param name="piece">At most <see cref="LongestPiece"/> bytes.</param>
    /// <param name="ranks">The vocabulary.</param>
    public static int Count(ReadOnlySpan<byte> piece, RankTable ranks)
    {
        if (piece.Length <= 1 || ranks.RankOf(piece) >= 0)
        {
            return Math.Min(piece.Length, 1);
        }

        // Where each part begins, the end of the last one included, and the rank that it would have with its right neighbour.
        Span<int> starts = stackalloc int[piece.Length + 1];
        Span<int> pairs = stackalloc int[piece.Length + 1];
        for (var i = 0; i <= piece.Length; i++)
        {
            starts[i] = i;
        }

        var parts = piece.Length;
        for (var i = 0; i < parts; i++)
        {
            pairs[i] = PairAt(piece, starts[..(parts + 1)], i, ranks);
        }

        while (parts > 1 && Lowest(pairs[..(parts - 1)]) is >= 0 and var at)
        {
            starts[(at + 2)..(parts + 1)].CopyTo(starts[(at + 1)..]);
            pairs[(at + 2)..parts].CopyTo(pairs[(at + 1)..]);
            parts--;
            pairs[at] = PairAt(piece, starts[..(parts + 1)], at, ranks);
            if (at > 0)
            {
                pairs[at - 1] = PairAt(piece, starts[..(parts + 1)], at - 1, ranks);
            }
        }

        return parts;
    }

    private static int PairAt(ReadOnlySpan<byte> piece, ReadOnlySpan<int> starts, int part, RankTable ranks)
    {
        var rank = part + 2 < starts.Length ? ranks.RankOf(piece[starts[part]..starts[part + 2]]) : -1;
        return rank < 0 ? int.MaxValue : rank;
    }

    /// <summary>The first of the lowest; negative when no pair is a token.</summary>
    private static int Lowest(ReadOnlySpan<int> pairs)
    {
        var at = -1;
        var lowest = int.MaxValue;
        for (var i = 0; i < pairs.Length; i++)
        {
            if (pairs[i] < lowest)
            {
                (at, lowest) = (i, pairs[i]);
            }
        }

        return at;
    }
}
