using System.Globalization;
using System.Text;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>Choices from a seed: one seed, one stream, on every machine.</summary>
internal sealed class Dice(int seed)
{
    private static readonly string[] Scraps =
    [
        "a", "the ", "\n", "\"q\"", "\\", "é", "😀", "漢字", "<&>", "\t", "{\"x\":", "data: x\n\n", "[DONE]", "event: message_stop", "\u2028", "\u0000", "\u007f", "/",
        "\"finish_reason\":\"stop\"", "\"error\":{", "  ", "0123456789",
    ];

    private readonly Random _random = new(seed);

    /// <summary>The longest piece of a text; null for any.</summary>
    public int? LongestPiece { get; init; }

    /// <summary>0 to <paramref name="below"/> − 1.</summary>
    public int Next(int below) => _random.Next(below);

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool Once(int times) => _random.Next(times) == 0;

    public T Of<T>(params ReadOnlySpan<T> all) => all[_random.Next(all.Length)];

    /// <summary>Words that look like anything, frames included; at least one character.</summary>
    public string Words()
    {
        var words = new StringBuilder();
        for (var count = 1 + Next(Once(8) ? 40 : 6); count > 0; count--)
        {
            words.Append(Of(Scraps));
        }

        return words.ToString();
    }

    /// <summary>The text of a JSON object with odd numbers and names, as a model writes it.</summary>
    public string Arguments() => Next(5) switch
    {
        0 => "{}",
        1 => "{\"path\":" + Quote(Words()) + "}",
        2 => "{\"n\":12345678901234567890,\"f\":1.10,\"e\":1E+2}",
        3 => "{ \"deep\" : {\"b\":[1,2,{\"c\":null}]},\"é\":" + Quote(Words()) + " }",
        _ => "{\"input\":" + Quote(Words()) + ",\"input2\":[true,false]}",
    };

    /// <summary>Cuts a text into pieces, now and then into its single characters; a surrogate pair may fall apart, as it does in the wild.</summary>
    public List<string> Pieces(string text)
    {
        var most = LongestPiece ?? Of(1, 3, 12, 200);
        var pieces = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(text.Length - at, 1 + Next(most));
            if (at + length < text.Length && char.IsHighSurrogate(text[at + length - 1]) && !Once(20))
            {
                length++;
            }

            pieces.Add(text.Substring(at, length));
            at += length;
        }

        return pieces;
    }

    /// <summary>The string token; what need not be escaped is escaped now and then, half a surrogate pair always.</summary>
    public string Quote(string text)
    {
        var eager = Once(6);
        var token = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            var letter = text[i];
            var isHalf = char.IsSurrogate(letter)
                && !(char.IsHighSurrogate(letter) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                && !(char.IsLowSurrogate(letter) && i > 0 && char.IsHighSurrogate(text[i - 1]));
            if (letter is '"' or '\\')
            {
                token.Append('\\').Append(letter);
            }
            else if (letter == '\n' && !eager)
            {
                token.Append("\\n");
            }
            else if (letter == '/' && eager)
            {
                token.Append("\\/");
            }
            else if (letter < ' ' || isHalf || (eager && letter > '~'))
            {
                token.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                token.Append(letter);
            }
        }

        return token.Append('"').ToString();
    }
}
