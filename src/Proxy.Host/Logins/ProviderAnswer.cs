using Microsoft.AspNetCore.WebUtilities;

namespace Proxy.Host.Logins;

/// <summary>What a provider sends back to the redirect address. The code is secret: it prints as nothing.</summary>
/// <param name="Code">The authorization code; null without one.</param>
/// <param name="State">The state as it came; null without one.</param>
/// <param name="Error">The error's code (RFC 6749 4.1.2.1), of harmless characters; null without one.</param>
internal sealed record ProviderAnswer(string? Code, string? State, string? Error)
{
    private const int Longest = 4096;

    /// <summary>The person said no.</summary>
    public bool IsDenial => Error == "access_denied";

    /// <summary>Reads a query. Of a name that comes twice neither counts.</summary>
    public static ProviderAnswer FromQuery(string query)
    {
        var values = QueryHelpers.ParseQuery(query);
        string? One(string name) => values.TryGetValue(name, out var given) && given.Count == 1 ? Plain(given[0]) : null;
        var answer = new ProviderAnswer(One("code"), One("state"), values.ContainsKey("error") ? Word(One("error")) : null);

        // Claude joins them where it shows a code instead of redirecting.
        return answer.Code?.Split('#') is [{ Length: > 0 } code, { Length: > 0 } state] ? answer with { Code = code, State = state } : answer;
    }

    /// <inheritdoc />
    public override string ToString() => "ProviderAnswer { *** }";

    private static string? Plain(string? text) =>
        text is { Length: > 0 and <= Longest } && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? text : null;

    // It is shown on a terminal and on a page.
    private static string Word(string? error) =>
        error is { Length: <= 64 } && error.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? error : "unknown error";
}
