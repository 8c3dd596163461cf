using System.Buffers.Text;
using System.Text.Json;

namespace Proxy.Actors.Credentials;

/// <summary>
/// What a JWT that was handed to us says of itself. Its signature is not checked: it came from the provider over TLS or
/// from the owner's file, and nothing is granted on its word (spec/accounts.md 1.4).
/// </summary>
internal sealed record JwtClaims(string? Email, DateTimeOffset? Expires, string? ChatGptAccountId, string? Plan)
{
    private const string OpenAiClaims = "https://api.openai.com/auth";

    /// <summary>Free of the address.</summary>
    public override string ToString() => $"JwtClaims {{ {Plan} }}";

    /// <summary>Reads the claims; null when it is not a JWT.</summary>
    public static JwtClaims? Read(string? token)
    {
        if (token is null || token.Split('.') is not [_, var body, _])
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(body));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var own = root.TryGetProperty(OpenAiClaims, out var claims) && claims.ValueKind == JsonValueKind.Object ? claims : default;
            return new JwtClaims(Text(root, "email"), AuthFileTimes.Read(root, "exp"), Text(own, "chatgpt_account_id"), Text(own, "chatgpt_plan_type"));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return null; // an opaque token that happens to have two dots, or claims that are no Unicode
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
