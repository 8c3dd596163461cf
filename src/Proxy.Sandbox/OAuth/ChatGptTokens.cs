using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.OAuth;

/// <summary>POST /oauth/token with a form body (spec/accounts.md 1.4, 2.1).</summary>
internal static class ChatGptTokens
{
    public static SandboxAccount? AccountOf(SandboxAccounts accounts, LoginCodes codes, ReadOnlyMemory<byte> body)
    {
        var form = Parse(body);
        var account = form.TryGetValue("refresh_token", out var token) ? accounts.ByRefreshToken(token.ToString())
            : form.TryGetValue("code", out var code) ? codes.AccountOf(code.ToString())
            : null;
        return account is { Kind: SandboxAccountKind.ChatGpt } ? account : null;
    }

    public static Reply Answer(LoginCodes codes, SandboxExchange x, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (x.Header("content-type")?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            return Refuse(headers, 400, "invalid_request", "The token endpoint takes a form.");
        }

        var form = Parse(x.Body);
        if (!form.ContainsKey("client_id"))
        {
            return Refuse(headers, 400, "invalid_request", "Missing required parameter: 'client_id'.");
        }

        var grantType = form.GetValueOrDefault("grant_type").ToString();
        TokenGrant? grant;
        switch (grantType)
        {
            case "refresh_token":
                grant = x.Account?.Rotate(form["refresh_token"].ToString());
                break;
            case "authorization_code":
                var trade = new CodeTrade(form.GetValueOrDefault("code").ToString(), form["client_id"].ToString(), form.GetValueOrDefault("redirect_uri").ToString(), form.GetValueOrDefault("code_verifier").ToString());
                if (codes.Redeem(trade, SandboxAccountKind.ChatGpt) is { } fault)
                {
                    return Refuse(headers, 400, "invalid_grant", fault);
                }

                grant = x.Account?.Grant();
                break;
            default:
                return Refuse(headers, 400, "unsupported_grant_type", "Unsupported grant type.");
        }

        if (grant is null)
        {
            return x.Account is null
                ? Refuse(headers, 401, "refresh_token_invalidated", "Your refresh token has been invalidated. Please try signing in again.")
                : Refuse(headers, 401, "refresh_token_reused", "Your refresh token has already been used to generate a new access token. Please try signing in again.");
        }

        if (x.Fault.End != FaultEnd.None)
        {
            x.Account!.MarkAnswerLost();
        }

        return Reply.Json(200, $"{{\"access_token\":\"{grant.Access}\",\"refresh_token\":\"{grant.Refresh}\",\"id_token\":\"{grant.Id}\",\"token_type\":\"Bearer\",\"expires_in\":{(long)grant.Lifetime.TotalSeconds},\"scope\":\"openid email profile offline_access\"}}", headers);
    }

    private static Reply Refuse(IReadOnlyList<KeyValuePair<string, string>> headers, int status, string code, string message) =>
        Reply.Json(status, $"{{\"error\":{{\"message\":{JsonString.Quote(message)},\"type\":\"invalid_request_error\",\"param\":null,\"code\":{JsonString.Quote(code)}}}}}", headers);

    private static Dictionary<string, StringValues> Parse(ReadOnlyMemory<byte> body) =>
        QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span));
}
