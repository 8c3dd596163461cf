using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Counts without a vocabulary: words, digits, signs and letters of other scripts as modern vocabularies cut them.
/// Costs three to four nanoseconds a byte and no memory, so every translated stream can afford it; docs/counting.md has how far off it is.
/// </summary>
public sealed class RoughTokens : ITextTokens
{
    private RoughTokens()
    {
    }

    /// <summary>It has no state.</summary>
    public static RoughTokens Instance { get; } = new();

    /// <summary>Counts over the bytes as they stand; an escape counts about as much as the sign that it stands for.</summary>
    public long Count(JsonText text) => Count(text.Escaped);

    /// <inheritdoc />
    public long Count(ReadOnlySpan<byte> utf8)
    {
        var tokens = 0L;
        while (!utf8.IsEmpty)
        {
            var kind = KindOf(utf8[0]);
            var length = 1;
            while (length < utf8.Length && KindOf(utf8[length]) == kind)
            {
                length++;
            }

            tokens += kind switch
            {
                // A word is one token with the space before it; long ones come in pieces of about six letters.
                Run.Letters => 1 + ((length - 1) / 7),
                Run.Digits => (length + 2) / 3,
                Run.Spaces => length > 1 ? 1 : 0,
                Run.Signs => (length + 1) / 2,

                // Two to four bytes a letter: a word of an alphabet comes in pieces of about three letters, an ideogram is one.
                _ => Math.Max(1, length / 4),
            };
            utf8 = utf8[length..];
        }

        return tokens;
    }

    private static Run KindOf(byte b) =>
        char.IsAsciiLetter((char)b) ? Run.Letters
        : char.IsAsciiDigit((char)b) ? Run.Digits
        : b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' ? Run.Spaces
        : b < 0x80 ? Run.Signs
        : Run.Others;

    private enum Run
    {
        Letters,
        Digits,
        Spaces,
        Signs,
        Others,
    }
}
