using System.Text.RegularExpressions;

namespace Proxy.Protocol.Failures;

/// <summary>Takes out of an upstream's words what must not be shown: tokens, keys, organisation ids, e-mail addresses.</summary>
public static partial class Redaction
{
    /// <summary>Longest message that is passed on, in characters.</summary>
    public const int MaxLength = 2048;

    /// <summary>The text without secrets, cut to <see cref="MaxLength"/> characters, never in the middle of a surrogate pair.</summary>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            text = text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
        }

        text = Tokens().Replace(text, "***");
        return EMail().Replace(text, m => $"{m.Value[0]}…{m.Value[m.Value.IndexOf('@', StringComparison.Ordinal)..]}");
    }

    /// <summary>True when <see cref="Clean"/> would take something out.</summary>
    public static bool HasSecrets(string text) => Tokens().IsMatch(text) || EMail().IsMatch(text);

    [GeneratedRegex(@"(?<=\bBearer\s+)[A-Za-z0-9._~+/=-]{6,}|\b(?:sk|rt|at|org|ghp|xox[abp])[-_][A-Za-z0-9_-]{12,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tokens();

    [GeneratedRegex(@"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EMail();
}
