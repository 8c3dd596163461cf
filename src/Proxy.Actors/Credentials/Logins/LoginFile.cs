using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>
/// The content of an auth file after a login. A new one has the members that CLIProxyAPI writes, in its order
/// (spec/accounts.md 1.5). An old one keeps everything that its owner put there (label, prefix, priority, disabled, …):
/// a login replaces tokens and says whose they are, and no more. Pure.
/// </summary>
internal static class LoginFile
{
    /// <summary>The content.</summary>
    /// <param name="login">What the login gave.</param>
    /// <param name="existing">The account's file so far; null for a new account.</param>
    /// <param name="fileName">Its name.</param>
    /// <param name="now">When the tokens were made.</param>
    public static byte[] Content(NewLogin login, AuthFile? existing, string fileName, DateTimeOffset now)
    {
        var root = existing is null ? New(login) : Root(existing.Raw.Span);
        if (existing?.Link is not null)
        {
            // A login of our own takes the place of the link.
            root.Remove("link");
            root["type"] = login.Provider;
        }

        var file = existing ?? new AuthFile { FileName = fileName, Provider = login.Provider, Kind = login.Kind, Tokens = new TokenPair(null, null), Raw = default };

        // A refresh token of the chain before would be another login's: without a new one there is none.
        var tokens = AuthFileWriter.WithRefreshed(file with { Raw = Bytes(root) }, login.Tokens with { Refresh = login.Tokens.Refresh ?? string.Empty }, now);
        root = tokens is null ? root : Root(tokens);
        AuthFileWriter.SetProfile(root, login.Kind, login.Profile);
        if (root.ContainsKey("plan_type") && login.Plan is { } plan)
        {
            root["plan_type"] = plan;
        }

        return Bytes(root);
    }

    /// <summary>A text member of an auth file; null when it is missing or empty.</summary>
    public static string? Text(AuthFile file, string name)
    {
        using var document = AuthFileJson.Parse(file.Raw.Span);
        return document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
    }

    private static JsonObject New(NewLogin login)
    {
        var root = new JsonObject { ["id_token"] = login.Tokens.IdToken ?? string.Empty, ["access_token"] = string.Empty, ["refresh_token"] = string.Empty };
        if (login.Kind == UpstreamKind.Codex)
        {
            root["account_id"] = login.Tokens.ChatGptAccountId ?? string.Empty;
        }

        root["last_refresh"] = string.Empty;
        root["email"] = login.Profile.Email ?? string.Empty;
        root["type"] = login.Provider;
        root["expired"] = string.Empty;
        return root;
    }

    private static JsonObject Root(ReadOnlySpan<byte> content)
    {
        using var document = AuthFileJson.Parse(content);
        return AuthFileJson.Copy(document.RootElement)!.AsObject();
    }

    private static byte[] Bytes(JsonObject root) => AuthFileJson.ToBytes(root);
}
