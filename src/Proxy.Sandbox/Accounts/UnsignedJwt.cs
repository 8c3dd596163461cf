using System.Buffers.Text;
using System.Text;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Accounts;

/// <summary>ChatGPT's tokens: three base64url parts with the claims of spec/accounts.md 1.4; the signature part is a word.</summary>
internal static class UnsignedJwt
{
    public static string AccessToken(SandboxAccount account, int generation, DateTimeOffset expires) =>
        Build(account, $"sandbox-access-{account.Name}-g{generation}", expires);

    public static string IdToken(SandboxAccount account, int generation, DateTimeOffset expires) =>
        Build(account, $"sandbox-id-{account.Name}-g{generation}", expires);

    private static string Build(SandboxAccount account, string id, DateTimeOffset expires)
    {
        var claims = $$$"""
            {"aud":["sandbox"],"email":{{{JsonString.Quote(account.Email)}}},"email_verified":true,"exp":{{{expires.ToUnixTimeSeconds()}}},"iss":"https://sandbox.example","jti":{{{JsonString.Quote(id)}}},"sub":{{{JsonString.Quote(account.Name)}}},"https://api.openai.com/auth":{"chatgpt_account_id":{{{JsonString.Quote(account.AccountId)}}},"chatgpt_plan_type":{{{JsonString.Quote(account.Plan)}}},"chatgpt_user_id":"user-{{{account.Name}}}","organizations":[]}}
            """;
        return $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{Encode(claims)}.{Encode("unsigned")}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
