using System.Security.Cryptography;
using System.Text;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>
/// Names of auth files, as CLIProxyAPI gives them (spec/accounts.md 1.5 [B]): <c>claude-EMAIL.json</c>,
/// <c>codex-HASH-EMAIL-PLAN.json</c> with the first 8 hex digits of SHA-256 of the ChatGPT account id, so that two
/// workspaces of one e-mail are two files. What an e-mail holds is a provider's word, not ours to trust: only letters,
/// digits and a few signs get into the name.
/// </summary>
public static class LoginFileName
{
    private const int LongestEmail = 100;
    private const int LongestPlan = 32;

    /// <summary>The name for a login.</summary>
    public static string Of(NewLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        var email = Safe(login.Profile.Email ?? Anonymous(login));
        if (login.Kind == UpstreamKind.Claude)
        {
            return $"claude-{email}.json";
        }

        var plan = Plan(login.Plan);
        return $"codex-{(login.Tokens.ChatGptAccountId is { } account ? $"{Hash(account)}-" : string.Empty)}{email}{(plan.Length == 0 ? string.Empty : $"-{plan}")}.json";
    }

    /// <summary>The name for a login whose usual name belongs to another organization of the same e-mail, or to somebody else's file.</summary>
    public static string Beside(NewLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        return $"{Of(login)[..^".json".Length]}-{Hash(login.Profile.OrganizationUuid ?? login.Profile.AccountUuid ?? login.Tokens.ChatGptAccountId ?? login.Tokens.Refresh ?? login.Tokens.Access)}.json";
    }

    private static string Anonymous(NewLogin login) => $"login-{Hash(login.Profile.AccountUuid ?? login.Tokens.Refresh ?? login.Tokens.Access)}";

    private static string Safe(string email)
    {
        var cut = email.Length > LongestEmail ? email[..LongestEmail] : email;
        var safe = string.Concat(cut.Select(c => char.IsAsciiLetterOrDigit(c) || c is '@' or '.' or '_' or '+' or '-' ? c : '-'));

        // Two addresses must not become one name.
        return safe == email ? safe : $"{safe}-{Hash(email)}";
    }

    private static string Plan(string? plan) =>
        string.Concat((plan ?? string.Empty).ToLowerInvariant().Take(LongestPlan).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));
}
