using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>What a person's consent is traded in with. Secret: it prints as nothing.</summary>
/// <param name="Code">The authorization code.</param>
/// <param name="State">The state that came with it; Claude wants it back.</param>
/// <param name="Verifier">The PKCE verifier behind the challenge that was sent (RFC 7636).</param>
/// <param name="RedirectUri">The redirect address that the code was asked for with.</param>
public sealed record LoginCode(string Code, string? State, string Verifier, string RedirectUri)
{
    /// <inheritdoc />
    public override string ToString() => "LoginCode { *** }";
}

/// <summary>What a code was traded for.</summary>
public abstract record ExchangeOutcome
{
    private ExchangeOutcome()
    {
    }

    /// <summary>Tokens.</summary>
    public sealed record Granted(NewLogin Login) : ExchangeOutcome;

    /// <summary>The provider refuses the code: a new login must begin from the start.</summary>
    /// <param name="Reason">In words, free of secrets.</param>
    public sealed record Refused(string Reason) : ExchangeOutcome;

    /// <summary>Nothing was decided: the way there is broken, or the answer could not be read.</summary>
    /// <param name="Reason">In words, free of secrets.</param>
    public sealed record Unreachable(string Reason) : ExchangeOutcome;
}

/// <summary>Trades an authorization code for tokens at a token endpoint (spec/accounts.md 1.3, 1.4). One call, no state.</summary>
public sealed class CodeExchange(ITokenTransport transport, TimeProvider time)
{
    /// <summary>Longest call, headers and body.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Trades. Never throws for what a network or a provider does.</summary>
    public async Task<ExchangeOutcome> ExchangeAsync(TokenEndpoint endpoint, LoginCode code, OutboundRoute route, CancellationToken cancellation)
    {
        if (!OutboundRoute.MayCarryLogin(endpoint.Url))
        {
            return new ExchangeOutcome.Unreachable("token-url is neither https nor on this machine");
        }

        using var request = OutboundFactory.NewRequest(HttpMethod.Post, endpoint.Url);
        request.Content = Body(endpoint, code);
        var (answer, fault) = await LoginCall.SendAsync(transport, request, route, "token endpoint", Limit, time, cancellation).ConfigureAwait(false);
        return answer is null ? new ExchangeOutcome.Unreachable(fault!) : Judge(endpoint.Kind, answer);
    }

    private static HttpContent Body(TokenEndpoint endpoint, LoginCode code)
    {
        if (endpoint.Kind == UpstreamKind.Codex)
        {
            return new FormUrlEncodedContent(
            [
                KeyValuePair.Create("grant_type", "authorization_code"),
                KeyValuePair.Create("client_id", endpoint.ClientId),
                KeyValuePair.Create("code", code.Code),
                KeyValuePair.Create("redirect_uri", code.RedirectUri),
                KeyValuePair.Create("code_verifier", code.Verifier),
            ]);
        }

        return LoginCall.Json(new JsonObject
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = endpoint.ClientId,
            ["code"] = code.Code,
            ["state"] = code.State,
            ["redirect_uri"] = code.RedirectUri,
            ["code_verifier"] = code.Verifier,
        });
    }

    private ExchangeOutcome Judge(UpstreamKind kind, OAuthAnswer answer)
    {
        if (answer.Status != 200)
        {
            // 4xx in JSON speaks of the code. Challenge pages (HTML), 429 and 5xx speak of the way there (spec/faults.md).
            return answer is { Status: >= 400 and < 500 and not 408 and not 429, Json: not null }
                ? new ExchangeOutcome.Refused($"the token endpoint answered {answer.Status}{(answer.ErrorCode is { } error ? $" ({error})" : string.Empty)}")
                : new ExchangeOutcome.Unreachable($"the token endpoint answered {answer.Status}{(answer.Json is null ? " without JSON" : string.Empty)}");
        }

        return answer.Text("access_token") is { } access
            ? new ExchangeOutcome.Granted(Read(kind, answer, access))
            : new ExchangeOutcome.Unreachable("the token endpoint's answer holds no access token");
    }

    private NewLogin Read(UpstreamKind kind, OAuthAnswer answer, string access)
    {
        var idToken = kind == UpstreamKind.Codex ? answer.Text("id_token") : null;
        var (claims, accessClaims) = kind == UpstreamKind.Codex ? (JwtClaims.Read(idToken), JwtClaims.Read(access)) : (null, null);
        var email = claims?.Email ?? accessClaims?.Email ?? answer.Text("account", "email_address");
        return new NewLogin
        {
            Kind = kind,
            Tokens = new RefreshedTokens
            {
                Access = access,
                Refresh = answer.Text("refresh_token"),
                IdToken = idToken,
                Expires = answer.Expires(access, time),
                Email = email,
                ChatGptAccountId = claims?.ChatGptAccountId ?? accessClaims?.ChatGptAccountId,
            },
            Profile = new LoginProfile
            {
                Email = email,
                AccountUuid = answer.Text("account", "uuid"),
                OrganizationUuid = answer.Text("organization", "uuid"),
                OrganizationName = answer.Text("organization", "name"),
            },
            Plan = claims?.Plan ?? accessClaims?.Plan,
        };
    }
}
