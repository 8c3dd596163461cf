using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;

namespace Proxy.Host.Counting;

/// <summary>
/// Counts as OpenAI's models since gpt-4o cut text: o200k_base. Exact but for words of more than 256
/// letters, which are cut first, so that no text costs the square of its length.
/// </summary>
/// <remarks>For one request: it holds how much text may still be counted in this way; what is beyond is counted roughly.
/// The vocabulary is asked for at the first text: a body that can't be read doesn't cost it.</remarks>
internal sealed partial class O200kTokens(Lazy<RankTable> ranks, int budget = O200kTokens.DefaultBudget) : ITextTokens
{
    /// <summary>In bytes: more than any model's context holds.</summary>
    public const int DefaultBudget = 4 * 1024 * 1024;

    // Runs of one sign are cut where the vocabulary cuts them anyway: its tokens of them are powers of two long.
    private const int LongestWord = 256;

    private int _budget = budget;

    /// <inheritdoc />
    public long Count(JsonText text)
    {
        if (text.IsEmpty)
        {
            return 0;
        }

        if (!Takes(text.Escaped.Length))
        {
            return RoughTokens.Instance.Count(text);
        }

        var chars = ArrayPool<char>.Shared.Rent(text.Quoted.Length);
        try
        {
            var reader = new Utf8JsonReader(text.Quoted.Span);
            reader.Read();
            return Count(chars.AsSpan(0, reader.CopyString(chars)));
        }
        catch (InvalidOperationException)
        {
            // half of a surrogate pair, or bytes that are no UTF-8: there is no such text, so the token itself has to do
            return Count(chars.AsSpan(0, Encoding.UTF8.GetChars(text.Escaped, chars)));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    /// <inheritdoc />
    public long Count(ReadOnlySpan<byte> utf8)
    {
        if (!Takes(utf8.Length))
        {
            return RoughTokens.Instance.Count(utf8);
        }

        var chars = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            return Count(chars.AsSpan(0, Encoding.UTF8.GetChars(utf8, chars)));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    /// <summary>Counts text as it is.</summary>
    public long Count(ReadOnlySpan<char> text)
    {
        var tokens = 0L;
        var vocabulary = ranks.Value;
        Span<byte> bytes = stackalloc byte[BytePairs.LongestPiece];
        foreach (var word in Words().EnumerateMatches(text))
        {
            var rest = text.Slice(word.Index, word.Length);
            while (!rest.IsEmpty)
            {
                var length = Math.Min(rest.Length, LongestWord);
                if (length < rest.Length && char.IsHighSurrogate(rest[length - 1]))
                {
                    length--;
                }

                tokens += BytePairs.Count(bytes[..Encoding.UTF8.GetBytes(rest[..length], bytes)], vocabulary);
                rest = rest[length..];
            }
        }

        return tokens;
    }

    private bool Takes(int bytes)
    {
        if (bytes > _budget)
        {
            _budget = 0;
            return false;
        }

        _budget -= bytes;
        return true;
    }

    /// <summary>
    /// How o200k_base cuts text before pairs are merged, as its authors publish it (openai/tiktoken): words with the sign
    /// before them, by case; numbers in threes; runs of signs; line breaks; spaces but the last one.
    /// </summary>
#pragma warning disable MA0009 // no part can match the same run twice: each match costs what it takes, or a few times that
    [GeneratedRegex(
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.CultureInvariant)]
    private static partial Regex Words();
#pragma warning restore MA0009
}
