namespace Proxy.Protocol.Models;

/// <summary>Patterns of the configuration: <c>*</c> stands for any text, everything else for itself.</summary>
public static class Glob
{
    /// <summary>True when <paramref name="text"/> is what <paramref name="pattern"/> describes. Case counts.</summary>
    public static bool Matches(string pattern, string text)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(text);
        int at = 0, star = -1, mark = 0;
        for (var i = 0; i < text.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, mark) = (at++, i);
            }
            else if (at < pattern.Length && pattern[at] == text[i])
            {
                at++;
                i++;
            }
            else if (star >= 0)
            {
                // the last star takes one character more
                at = star + 1;
                i = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (at < pattern.Length && pattern[at] == '*')
        {
            at++;
        }

        return at == pattern.Length;
    }
}
