namespace Proxy.Host.Logins;

/// <summary>What a pasted line is.</summary>
/// <param name="Answer">The provider's answer to this login; null when the line holds none.</param>
/// <param name="Trouble">What is wrong with it, for the person who pasted it; null when nothing is.</param>
internal sealed record PasteReading(ProviderAnswer? Answer, string? Trouble);

/// <summary>
/// Reads what a person pastes: the whole address that the browser ended on, its query alone, or <c>code#state</c> as
/// Claude shows it. Pure.
/// </summary>
internal static class PastedAnswer
{
    /// <summary>Reads a line.</summary>
    public static PasteReading Read(string line, LoginState state)
    {
        var text = line.Trim().Trim('"', '\'', '<', '>', '`').Trim();
        if (text.Length == 0)
        {
            return new PasteReading(null, "Nothing was pasted.");
        }

        if (text.Contains("code_challenge=", StringComparison.Ordinal))
        {
            // It holds this login's state, and Claude's even a code=true.
            return new PasteReading(null, "That is the address to open in the browser. Paste the one that the browser ends on, after you agreed there.");
        }

        var answer = Parse(text);
        if (answer is { Code: null, Error: null })
        {
            return new PasteReading(null, "There is no code in it. Paste the whole address that the browser ended on; it holds \"code=\" and \"state=\".");
        }

        if (answer.State is null)
        {
            return new PasteReading(null, "The state is missing. Paste the whole address, up to its last character, or code#state.");
        }

        return state.Matches(answer.State)
            ? new PasteReading(answer, null)
            : new PasteReading(null, "It belongs to another login, perhaps an older one. Paste the address of this login.");
    }

    private static ProviderAnswer Parse(string text)
    {
        if (text.IndexOf('?') is >= 0 and var question)
        {
            return WithFragment(text[(question + 1)..]);
        }

        if (text.StartsWith("code=", StringComparison.Ordinal) || text.StartsWith("state=", StringComparison.Ordinal) || text.StartsWith("error=", StringComparison.Ordinal))
        {
            return WithFragment(text);
        }

        // code#state, or a code alone: whatever it is, it is no address and no sentence.
        var isAddress = text.Contains("://", StringComparison.Ordinal) || text.Any(char.IsWhiteSpace);
        return isAddress ? new ProviderAnswer(null, null, null) : ProviderAnswer.FromQuery($"code={Uri.EscapeDataString(text)}");
    }

    private static ProviderAnswer WithFragment(string query)
    {
        var hash = query.IndexOf('#');
        if (hash < 0)
        {
            return ProviderAnswer.FromQuery(query);
        }

        var answer = ProviderAnswer.FromQuery(query[..hash]);
        var fragment = query[(hash + 1)..];
        return answer.State is null && fragment.Length > 0 && !fragment.Contains('=') ? answer with { State = fragment } : answer;
    }
}
