using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Proxy.Sandbox.OAuth;

/// <summary>What a provider wants of an authorization request: every parameter, exactly (spec/accounts.md 1.3 [B], 1.4).</summary>
/// <param name="Provider">Its name on the pages.</param>
/// <param name="ClientId">The one client that it knows.</param>
/// <param name="RedirectUri">The one address that is registered for it, port included.</param>
/// <param name="Scope">The scope that the client asks for.</param>
/// <param name="Others">Parameters of the provider's own.</param>
internal sealed record AuthorizeRules(string Provider, string ClientId, string RedirectUri, string Scope, IReadOnlyDictionary<string, string> Others)
{
    private static readonly string[] Standard = ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];

    public static AuthorizeRules Claude { get; } = new(
        "Claude", "9d1c250a-e61b-44d9-88ed-5944d1962f5e", "http://localhost:54545/callback",
        "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
        new Dictionary<string, string> { ["code"] = "true" });

    public static AuthorizeRules ChatGpt { get; } = new(
        "ChatGPT", "app_EMoamEEZ73f0CkXaXp7hrann", "http://localhost:1455/auth/callback",
        "openid email profile offline_access",
        new Dictionary<string, string> { ["codex_cli_simplified_flow"] = "true", ["id_token_add_organizations"] = "true", ["prompt"] = "login" });

    /// <summary>Checks a request.</summary>
    /// <returns>
    /// The request, or what is wrong. Where the client or its address is wrong nobody is redirected: that would send a
    /// person to an address of a stranger's choosing (RFC 6749 4.1.2.1).
    /// </returns>
    public (AuthorizeRequest? Request, string? Page, string? Redirect) Check(string query)
    {
        var given = QueryHelpers.ParseQuery(query);
        if (One(given, "client_id") != ClientId)
        {
            return (null, "This client is not known here.", null);
        }

        if (One(given, "redirect_uri") != RedirectUri)
        {
            return (null, "This redirect address is not registered for the client.", null);
        }

        var state = One(given, "state");
        var challenge = One(given, "code_challenge");
        var fault = given.Keys.FirstOrDefault(k => !Standard.Contains(k, StringComparer.Ordinal) && !Others.ContainsKey(k)) is { } unknown ? ("invalid_request", $"unknown parameter {unknown}")
            : One(given, "response_type") != "code" ? ("unsupported_response_type", "response_type must be code")
            : One(given, "scope") != Scope ? ("invalid_scope", "the scope is not the client's")
            : state is not { Length: >= 16 and <= 256 } ? ("invalid_request", "state is missing or too short")
            : One(given, "code_challenge_method") != "S256" ? ("invalid_request", "code_challenge_method must be S256")
            : challenge is not { Length: 43 } || !challenge.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? ("invalid_request", "code_challenge is not a SHA-256 in base64url")
            : Others.FirstOrDefault(o => One(given, o.Key) != o.Value) is { Key: { } missing } ? ("invalid_request", $"{missing} is missing")
            : ((string, string)?)null;
        return fault is { } wrong
            ? (null, null, Refusal(wrong.Item1, wrong.Item2, state))
            : (new AuthorizeRequest(ClientId, RedirectUri, state!, challenge!), null, null);
    }

    /// <summary>The redirect that says no.</summary>
    public string Refusal(string error, string description, string? state) =>
        QueryHelpers.AddQueryString(RedirectUri, new Dictionary<string, string?> { ["error"] = error, ["error_description"] = description, ["state"] = state }.Where(p => p.Value is not null));

    private static string? One(Dictionary<string, StringValues> given, string name) =>
        given.TryGetValue(name, out var values) && values.Count == 1 && values[0] is { Length: > 0 } value ? value : null;
}

/// <summary>An authorization request in which everything is right.</summary>
internal sealed record AuthorizeRequest(string ClientId, string RedirectUri, string State, string Challenge);
