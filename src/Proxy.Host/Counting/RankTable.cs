using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace Proxy.Host.Counting;

/// <summary>
/// A byte-pair vocabulary: which byte strings are tokens, and which of two is merged first. All tokens stand in one
/// array and are found through one table of numbers, so that 200,000 of them are four objects and about 5 MB; as a
/// dictionary of strings they were 42 MB and 60 MB of resident memory (docs/counting.md).
/// </summary>
internal sealed class RankTable
{
    private const string Package = "Microsoft.ML.Tokenizers.Data.O200kBase";
    private const string Resource = "o200k_base.tiktoken.deflate";
    private const int None = -1;
    private const string CapacityLine = "Capacity: ";

    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly int[] _slots;

    private RankTable(byte[] bytes, int[] starts, int[] slots) => (_bytes, _starts, _slots) = (bytes, starts, slots);

    /// <summary>How many tokens it knows.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Bytes on the heap.</summary>
    public long HeldBytes => _bytes.Length + (sizeof(int) * ((long)_starts.Length + _slots.Length));

    /// <summary>Reads o200k_base, the vocabulary of OpenAI's models since gpt-4o, from the package that ships it.</summary>
    /// <exception cref="InvalidDataException">The package holds something else.</exception>
    public static RankTable ReadO200k()
    {
        using var packed = Assembly.Load(Package).GetManifestResourceStream(Resource)
            ?? throw new InvalidDataException($"{Package} does not hold {Resource}");
        using var lines = new StreamReader(new DeflateStream(packed, CompressionMode.Decompress), Encoding.ASCII);
        return Read(lines);
    }

    /// <summary>Reads a line that says how many tokens follow at most, then one token in base64 per line, in the order of their ranks.</summary>
    /// <exception cref="InvalidDataException">It is no such list.</exception>
    internal static RankTable Read(TextReader lines)
    {
        if (lines.ReadLine() is not { } head || !head.StartsWith(CapacityLine, StringComparison.Ordinal)
            || !int.TryParse(head.AsSpan(CapacityLine.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var capacity) || capacity > 1_000_000)
        {
            throw new InvalidDataException("A list of ranks begins with its capacity");
        }

        var starts = new List<int>(capacity + 1) { 0 };
        var bytes = new byte[capacity * 8];
        var length = 0;
        while (lines.ReadLine() is { Length: > 0 } line)
        {
            if (length + line.Length > bytes.Length)
            {
                Array.Resize(ref bytes, bytes.Length * 2);
            }

            if (!Convert.TryFromBase64Chars(line, bytes.AsSpan(length), out var written) || written == 0)
            {
                throw new InvalidDataException($"Rank {starts.Count - 1} is no base64");
            }

            length += written;
            starts.Add(length);
        }

        Array.Resize(ref bytes, length);
        return new RankTable(bytes, [.. starts], Index(bytes, starts));
    }

    /// <summary>The rank of a token; negative when it is none.</summary>
    public int RankOf(ReadOnlySpan<byte> token)
    {
        var mask = _slots.Length - 1;
        for (var slot = Hash(token) & mask; _slots[slot] != None; slot = (slot + 1) & mask)
        {
            var rank = _slots[slot];
            var start = _starts[rank];
            if (_starts[rank + 1] - start == token.Length && _bytes.AsSpan(start, token.Length).SequenceEqual(token))
            {
                return rank;
            }
        }

        return None;
    }

    /// <summary>Open addressing, at most half full.</summary>
    private static int[] Index(byte[] bytes, List<int> starts)
    {
        var slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)starts.Count * 2)];
        Array.Fill(slots, None);
        for (var rank = 0; rank < starts.Count - 1; rank++)
        {
            var slot = Hash(bytes.AsSpan(starts[rank]..starts[rank + 1])) & (slots.Length - 1);
            while (slots[slot] != None)
            {
                slot = (slot + 1) & (slots.Length - 1);
            }

            slots[slot] = rank;
        }

        return slots;
    }

    /// <summary>FNV-1a; the last step spreads it over the low bits, which choose the slot.</summary>
    private static int Hash(ReadOnlySpan<byte> token)
    {
        var hash = 2_166_136_261;
        foreach (var b in token)
        {
            hash = (hash ^ b) * 16_777_619;
        }

        return (int)(hash ^ (hash >> 15));
    }
}
