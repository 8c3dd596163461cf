using Microsoft.AspNetCore.WebUtilities;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Logins;

/// <summary>What a provider's login is made of (spec/accounts.md 1.3 [B], 1.4).</summary>
/// <param name="Kind">Claude or Codex.</param>
/// <param name="Name">For people.</param>
/// <param name="CallbackPort">The port of the registered redirect address.</param>
/// <param name="CallbackPath">Its path.</param>
/// <param name="Scope">What is asked for.</param>
/// <param name="Parameters">Parameters of the provider's own.</param>
/// <param name="Endpoints">Where to go.</param>
internal sealed record ProviderLogin(
    UpstreamKind Kind, string Name, int CallbackPort, string CallbackPath, string Scope, IReadOnlyList<KeyValuePair<string, string?>> Parameters, ProviderEndpoints Endpoints)
{
    /// <summary>
    /// The redirect address that is registered for the provider's client. It stays the same whatever port is listened on:
    /// providers compare it whole.
    /// </summary>
    public string RedirectUri => $"http://localhost:{CallbackPort}{CallbackPath}";

    /// <summary>Where a code is traded.</summary>
    public TokenEndpoint TokenEndpoint => new(Kind, Endpoints.TokenUrl, Endpoints.ClientId);

    /// <summary>The login of a provider.</summary>
    public static ProviderLogin Of(UpstreamKind kind, ProxyConfiguration configuration) => kind switch
    {
        UpstreamKind.Claude => new(
            kind, "Claude", 54545, "/callback",
            "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
            [new("code", "true")],
            configuration.Claude),
        UpstreamKind.Codex => new(
            kind, "ChatGPT", 1455, "/auth/callback",
            "openid email profile offline_access",
            [new("codex_cli_simplified_flow", "true"), new("id_token_add_organizations", "true"), new("prompt", "login")],
            configuration.Codex),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "has no login"),
    };

    /// <summary>The address at which a person lets the login in.</summary>
    public Uri AuthorizeAddress(string challenge, LoginState state) => new(QueryHelpers.AddQueryString(
        Endpoints.AuthorizeUrl!.AbsoluteUri,
        [
            .. Parameters,
            new("client_id", Endpoints.ClientId),
            new("response_type", "code"),
            new("redirect_uri", RedirectUri),
            new("scope", Scope),
            new("code_challenge", challenge),
            new("code_challenge_method", "S256"),
            new("state", state.Value),
        ]));
}
