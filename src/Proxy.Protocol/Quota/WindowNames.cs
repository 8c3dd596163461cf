using System.Globalization;

namespace Proxy.Protocol.Quota;

/// <summary>
/// What windows are called. A window is known by its length, not by its place: ChatGPT's backend has moved the weekly
/// window from <c>secondary</c> to <c>primary</c> and dropped the other one (seen from July 2026 on), and Anthropic
/// calls the same window <c>7d</c> in headers and <c>seven_day</c> at its usage endpoint.
/// </summary>
public static class WindowNames
{
    /// <summary>The name of the five-hour window.</summary>
    public const string FiveHours = "5h";

    /// <summary>The name of the weekly window.</summary>
    public const string Weekly = "7d";

    /// <summary>A refusal that no window owns up to.</summary>
    public const string Unified = "unified";

    private const int LongestBucket = 48;
    private const int LongestDays = 400;

    /// <summary>The name of a window of that length: <c>5h</c>, <c>7d</c>, <c>90m</c>.</summary>
    public static string Of(TimeSpan length)
    {
        var minutes = (long)Math.Round(length.TotalMinutes);
        return minutes % 1440 == 0 ? $"{minutes / 1440}d" : minutes % 60 == 0 ? $"{minutes / 60}h" : $"{minutes}m";
    }

    /// <summary>Reads <c>5h</c>, <c>7d</c>, <c>7d_opus</c>, <c>30d-anything</c>. False for what names no length (<c>overage</c>).</summary>
    /// <param name="text">The provider's name of a window.</param>
    /// <param name="length">Its length.</param>
    /// <param name="bucket">What comes after the length; null for the whole account.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan length, out string? bucket)
    {
        (length, bucket) = (default, null);
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        if (digits is 0 or > 4 || digits == text.Length || !int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
        {
            return false;
        }

        TimeSpan? unit = text[digits] switch
        {
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            'w' => TimeSpan.FromDays(7),
            _ => null,
        };
        var rest = text[(digits + 1)..];
        if (unit is null || (unit.Value * count).TotalDays > LongestDays || (rest.Length > 0 && rest[0] is not ('_' or '-')))
        {
            return false;
        }

        length = unit.Value * count;
        bucket = rest.Length > 1 ? Bucket(rest[1..]) : null;
        return rest.Length == 0 || bucket is not null;
    }

    /// <summary>
    /// The family of models that a bucket is for, in lower case with hyphens; null for what can't be a name.
    /// <c>oi</c> is Anthropic's "overage included" bucket (claim <c>seven_day_overage_included</c>). Several proxies have
    /// found it to move and to be refused together with the weekly limit that the usage endpoint calls "Fable"; one has
    /// seen it without such traffic. So it is shown as that, and what it blocks goes by the model that was refused.
    /// </summary>
    public static string? Bucket(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.Length is 0 or > LongestBucket)
        {
            return null;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or ' '))
            {
                return null;
            }
        }

        var name = text.ToString().ToLowerInvariant().Replace(' ', '-').Replace('_', '-');
        return name is "oi" or "overage-included" ? "fable" : name;
    }
}
