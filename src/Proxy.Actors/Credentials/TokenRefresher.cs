using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials;

/// <summary>Where and as whom tokens are refreshed.</summary>
public sealed record TokenEndpoint(UpstreamKind Kind, Uri Url, string ClientId)
{
    /// <summary>Where a Claude login without a name is looked up; null: nowhere.</summary>
    public Uri? ProfileUrl { get; init; }
}

/// <summary>One call to a provider's token endpoint (spec/accounts.md 2.1, with the addresses of 1.3 [B]). No state.</summary>
public sealed class TokenRefresher(ITokenTransport transport, TimeProvider time)
{
    /// <summary>Longest call, headers and body.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const string ClaudeScope = "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload";

    private static readonly string[] FinalCodes =
        ["invalid_grant", "refresh_token_reused", "refresh_token_expired", "refresh_token_invalidated", "invalid_refresh_token", "token_revoked", "token_expired"];

    // They speak of the request or of the endpoint, not of the token (RFC 6749 5.2 and 4.1.2.1): a login would not help.
    private static readonly string[] OtherCodes =
        ["invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "server_error", "temporarily_unavailable", "slow_down", "rate_limit_error", "overloaded_error", "api_error"];

    /// <summary>Trades a refresh token for a new pair. Never throws for what a network or a provider does.</summary>
    public async Task<RefreshOutcome> RefreshAsync(TokenEndpoint endpoint, string refreshToken, OutboundRoute route, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = Body(endpoint, refreshToken) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            using var response = await transport.SendAsync(request, route, linked.Token).ConfigureAwait(false);
            return Judge(endpoint.Kind, await OAuthAnswer.ReadAsync(response, time, linked.Token).ConfigureAwait(false));
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError or HttpRequestError.ExtendedConnectNotSupported)
        {
            // It never reached the endpoint: the token can't have been used up.
            return new RefreshOutcome.Temporary($"the token endpoint can't be reached ({e.HttpRequestError})");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new RefreshOutcome.Lost("the connection to the token endpoint broke before its answer was in");
        }
        catch (OperationCanceledException)
        {
            return new RefreshOutcome.Lost("the token endpoint did not answer in time");
        }
    }

    private static HttpContent Body(TokenEndpoint endpoint, string refreshToken)
    {
        if (endpoint.Kind == UpstreamKind.Codex)
        {
            return new FormUrlEncodedContent(
            [
                KeyValuePair.Create("client_id", endpoint.ClientId),
                KeyValuePair.Create("grant_type", "refresh_token"),
                KeyValuePair.Create("refresh_token", refreshToken),
                KeyValuePair.Create("scope", "openid profile email"),
            ]);
        }

        var json = new JsonObject { ["client_id"] = endpoint.ClientId, ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken, ["scope"] = ClaudeScope };
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private RefreshOutcome Judge(UpstreamKind kind, OAuthAnswer answer)
    {
        if (answer.Status == (int)HttpStatusCode.OK)
        {
            // A 200 that can't be read may well have used the token up.
            return answer.Json is null ? new RefreshOutcome.Lost("the token endpoint's answer can't be read") : Tokens(kind, answer);
        }

        if (answer.ErrorCode is { } code && FinalCodes.Contains(code, StringComparer.Ordinal))
        {
            return new RefreshOutcome.Revoked(code);
        }

        // 400 and 401 in JSON speak of the token. Challenge pages (403, HTML), 429 and 5xx speak of the way there
        // (spec/faults.md, "OAuth and secrets").
        return answer is { Status: 400 or 401, Json: not null } && !OtherCodes.Contains(answer.ErrorCode, StringComparer.Ordinal)
            ? new RefreshOutcome.Revoked(answer.ErrorCode ?? answer.Status.ToString(CultureInfo.InvariantCulture))
            : new RefreshOutcome.Temporary($"the token endpoint answered {answer.Status}{(answer.Json is null ? " without JSON" : answer.ErrorCode is { } said ? $" ({said})" : string.Empty)}", answer.RetryAfter);
    }

    private RefreshOutcome Tokens(UpstreamKind kind, OAuthAnswer answer)
    {
        if (answer.Text("access_token") is not { } access)
        {
            return new RefreshOutcome.Lost("the token endpoint's answer holds no access token");
        }

        var idToken = kind == UpstreamKind.Codex ? answer.Text("id_token") : null;
        var claims = JwtClaims.Read(idToken);
        return new RefreshOutcome.Refreshed(new RefreshedTokens
        {
            Access = access,
            Refresh = answer.Text("refresh_token"),
            IdToken = idToken,
            Expires = answer.Expires(access, time),
            Email = claims?.Email ?? answer.Text("account", "email_address"),
            ChatGptAccountId = claims?.ChatGptAccountId,
        });
    }
}
