using System.Globalization;

namespace Proxy.Host.Terminal;

/// <summary>Text of others (clients, providers, files) on its way to a terminal, a log or a sheet.</summary>
internal static class PlainText
{
    /// <summary>The text without what would steer a terminal, feign a line of its own or hide a part of it; cut behind <paramref name="longest"/> characters.</summary>
    public static string Of(string text, int longest = int.MaxValue)
    {
        var cut = text.Length > longest ? $"{text.AsSpan(0, longest)}…" : text;
        return IsPlain(cut) ? cut : string.Concat(cut.Select(c => Steers(c) ? '?' : c));
    }

    /// <summary>True when nothing has to be taken out of it.</summary>
    public static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (Steers(c))
            {
                return false;
            }
        }

        return true;
    }

    // Formats turn the direction of what follows, or hide it.
    private static bool Steers(char c) => c is < ' ' or > '~' && char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
