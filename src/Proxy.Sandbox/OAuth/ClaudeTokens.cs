using System.Text.Json;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.OAuth;

/// <summary>POST /v1/oauth/token with a JSON body (spec/accounts.md 1.3, 2.1).</summary>
internal static class ClaudeTokens
{
    public static SandboxAccount? AccountOf(SandboxAccounts accounts, LoginCodes codes, ReadOnlyMemory<byte> body)
    {
        if (Parse(body) is not { } json)
        {
            return null;
        }

        var account = json.Text("refresh_token") is { } token ? accounts.ByRefreshToken(token) : codes.AccountOf(json.Text("code"));
        return account is { Kind: SandboxAccountKind.ClaudeOAuth } ? account : null;
    }

    public static Reply Answer(LoginCodes codes, SandboxExchange x, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (Parse(x.Body) is not { } body)
        {
            return Refuse(headers, "invalid_request", "The request body is not valid JSON.");
        }

        if (string.IsNullOrEmpty(body.Text("client_id")))
        {
            return Refuse(headers, "invalid_request", "client_id is required");
        }

        TokenGrant? grant;
        switch (body.Text("grant_type"))
        {
            case "refresh_token":
                grant = x.Account?.Rotate(body.Text("refresh_token")!);
                break;
            case "authorization_code":
                var trade = new CodeTrade(body.Text("code"), body.Text("client_id"), body.Text("redirect_uri"), body.Text("code_verifier")) { State = body.Text("state") };
                if (codes.Redeem(trade, SandboxAccountKind.ClaudeOAuth) is { } fault)
                {
                    return Refuse(headers, "invalid_grant", fault);
                }

                grant = x.Account?.Grant();
                break;
            default:
                return Refuse(headers, "unsupported_grant_type", "grant_type is not supported");
        }

        if (grant is null)
        {
            return Refuse(headers, "invalid_grant", "Refresh token not found or invalid");
        }

        if (x.Fault.End != FaultEnd.None)
        {
            x.Account!.MarkAnswerLost();
        }

        var account = x.Account!;
        return Reply.Json(200, $"{{\"token_type\":\"Bearer\",\"access_token\":\"{grant.Access}\",\"expires_in\":{(long)grant.Lifetime.TotalSeconds},\"refresh_token\":\"{grant.Refresh}\",\"scope\":\"user:profile user:inference\",\"organization\":{{\"uuid\":{JsonString.Quote(account.OrganizationId)},\"name\":\"Sandbox\"}},\"account\":{{\"uuid\":{JsonString.Quote(account.AccountId)},\"email_address\":{JsonString.Quote(account.Email)}}}}}", headers);
    }

    private static Reply Refuse(IReadOnlyList<KeyValuePair<string, string>> headers, string error, string description) =>
        Reply.Json(400, $"{{\"error\":{JsonString.Quote(error)},\"error_description\":{JsonString.Quote(description)}}}", headers);

    private static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonElement.Parse(body.Span);
        }
        catch (JsonException)
        {
            // not JSON: the caller says so to the client
            return null;
        }
    }
}
