using System.Text;

namespace Proxy.Actors.Accounts;

/// <summary>E-mail addresses for logs and the debug endpoint; the whole address shows only in commands on a terminal. Auth files are named by them.</summary>
public static class MaskedMail
{
    /// <summary>The text with each address in it as <c>a…@example.com</c>: of what stands before an @, the first letter is left.</summary>
    public static string In(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var masked = new StringBuilder(text.Length);
        var word = 0; // where in the result the present word began
        foreach (var c in text)
        {
            if (c == '@' && masked.Length > word)
            {
                masked.Length = word + (char.IsHighSurrogate(masked[word]) && masked.Length > word + 1 ? 2 : 1);
                masked.Append('…');
            }

            masked.Append(c);
            word = char.IsWhiteSpace(c) || c is '/' or '\\' or '@' ? masked.Length : word;
        }

        return masked.ToString();
    }
}
