using System.Globalization;
using System.Text;

namespace Proxy.Host.CommandLine;

/// <summary>Times, lengths and names as a person reads them.</summary>
internal static class InWords
{
    /// <summary>A length by its two largest units: <c>3 d 4 h</c>, <c>2 h 5 min</c>, <c>45 s</c>.</summary>
    public static string Length(TimeSpan length)
    {
        var whole = TimeSpan.FromSeconds(Math.Round(length.Duration().TotalSeconds));
        return whole switch
        {
            { Days: > 0 } => Two(whole.Days, "d", whole.Hours, "h"),
            { Hours: > 0 } => Two(whole.Hours, "h", whole.Minutes, "min"),
            { Minutes: > 0 } => Two(whole.Minutes, "min", whole.Minutes < 5 ? whole.Seconds : 0, "s"),
            _ => $"{whole.Seconds} s",
        };
    }

    /// <summary>A time from now: <c>in 2 h 5 min</c>, <c>3 d ago</c>, <c>now</c>.</summary>
    public static string FromNow(DateTimeOffset time, DateTimeOffset now) => (time - now).TotalSeconds switch
    {
        >= 0.5 => $"in {Length(time - now)}",
        <= -0.5 => $"{Length(time - now)} ago",
        _ => "now",
    };

    /// <summary>A share as per cent.</summary>
    public static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(share * 100, share is > 0 and < 0.01 ? 1 : 0)} %");

    /// <summary>A member's name of our JSON as words: <c>refreshDue</c> becomes <c>refresh due</c>.</summary>
    public static string Name(string member)
    {
        var words = new StringBuilder(member.Length + 4);
        foreach (var c in member)
        {
            if (char.IsAsciiLetterUpper(c) && words.Length > 0)
            {
                words.Append(' ');
            }

            words.Append(char.ToLowerInvariant(c));
        }

        return words.ToString();
    }

    private static string Two(int large, string largeUnit, int small, string smallUnit) =>
        small == 0 ? $"{large} {largeUnit}" : $"{large} {largeUnit} {small} {smallUnit}";
}
