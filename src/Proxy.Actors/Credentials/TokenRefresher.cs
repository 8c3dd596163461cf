using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials;

/// <summary>Where and as whom tokens are refreshed.</summary>
public sealed record TokenEndpoint(UpstreamKind Kind, Uri Url, string ClientId);

/// <summary>One call to a provider's token endpoint (spec/accounts.md 2.1, with the addresses of 1.3 [B]). No state.</summary>
public sealed class TokenRefresher(ITokenTransport transport, TimeProvider time)
{
    /// <summary>Longest call, headers and body.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const string ClaudeScope = "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload";
    private const int MaxAnswerBytes = 256 * 1024;

    private static readonly string[] FinalCodes =
        ["invalid_grant", "refresh_token_reused", "refresh_token_expired", "refresh_token_invalidated", "invalid_refresh_token", "token_revoked", "token_expired"];

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
            var body = await ReadAsync(response.Content, linked.Token).ConfigureAwait(false);
            return Judge(endpoint.Kind, response, body);
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

    private static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        using var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while (buffer.Length < MaxAnswerBytes && (read = await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false)) > 0)
        {
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private RefreshOutcome Judge(UpstreamKind kind, HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        var answer = Parse(body);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            // A 200 that can't be read may well have used the token up.
            return answer is null ? new RefreshOutcome.Lost("the token endpoint's answer can't be read") : Tokens(kind, answer.Value);
        }

        var code = answer is { } error ? Code(error) : null;
        if (code is not null && FinalCodes.Contains(code, StringComparer.Ordinal))
        {
            return new RefreshOutcome.Revoked(code);
        }

        // 400 and 401 in JSON speak of the token. Challenge pages (403, HTML), 429 and 5xx speak of the way there
        // (spec/faults.md, "OAuth and secrets").
        return status is 400 or 401 && answer is not null
            ? new RefreshOutcome.Revoked(code ?? status.ToString(CultureInfo.InvariantCulture))
            : new RefreshOutcome.Temporary($"the token endpoint answered {status}{(answer is null ? " without JSON" : string.Empty)}", RetryAfter(response));
    }

    private RefreshOutcome Tokens(UpstreamKind kind, JsonElement answer)
    {
        if (Text(answer, "access_token") is not { } access)
        {
            return new RefreshOutcome.Lost("the token endpoint's answer holds no access token");
        }

        var idToken = kind == UpstreamKind.Codex ? Text(answer, "id_token") : null;
        var claims = JwtClaims.Read(idToken);
        var seconds = answer.TryGetProperty("expires_in", out var e) && e.ValueKind == JsonValueKind.Number && e.TryGetDouble(out var s) && s is > 0 and < 1e9 ? s : (double?)null;
        return new RefreshOutcome.Refreshed(new RefreshedTokens
        {
            Access = access,
            Refresh = Text(answer, "refresh_token"),
            IdToken = idToken,
            Expires = seconds is { } lifetime ? time.GetUtcNow() + TimeSpan.FromSeconds(lifetime) : JwtClaims.Read(access)?.Expires,
            Email = claims?.Email ?? (answer.TryGetProperty("account", out var account) && account.ValueKind == JsonValueKind.Object ? Text(account, "email_address") : null),
            ChatGptAccountId = claims?.ChatGptAccountId,
        });
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("Retry-After-Ms", out var values)
            && double.TryParse(values.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and < 1e12)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        return response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };
    }

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            _ = AuthFileJson.Copy(document.RootElement); // throws for what could not be written into the file
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // {"error":"invalid_grant"} (RFC 6749 5.2), {"error":{"code":…}} or {"error":{"type":…}}.
    private static string? Code(JsonElement answer)
    {
        if (!answer.TryGetProperty("error", out var error))
        {
            return Known(Text(answer, "code"));
        }

        return error.ValueKind == JsonValueKind.String ? Known(error.GetString())
            : error.ValueKind == JsonValueKind.Object ? Known(Text(error, "code") ?? Text(error, "type"))
            : null;
    }

    // A code is shown in logs and in the debug tree: only words may pass.
    private static string? Known(string? code) =>
        code is { Length: > 0 and <= 64 } && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? code : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
