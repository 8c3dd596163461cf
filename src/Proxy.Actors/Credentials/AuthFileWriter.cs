using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Proxy.Actors.Credentials;

/// <summary>
/// Puts a refreshed pair into the bytes of an auth file. Members keep their order and spelling, unknown ones their
/// value, so that other programs that read the directory still understand the file (spec/accounts.md 1.5, 2.2).
/// </summary>
internal static class AuthFileWriter
{
    /// <summary>The new content; null when nothing in it would differ.</summary>
    public static byte[]? WithRefreshed(AuthFile file, RefreshedTokens tokens, DateTimeOffset now)
    {
        using var document = AuthFileJson.Parse(file.Raw.Span);
        var before = AuthFileJson.Copy(document.RootElement)!.AsObject();
        var root = before.DeepClone().AsObject();
        var holder = root["access_token"] is null && root["refresh_token"] is null
            ? (root["token"] ?? root["Token"]) as JsonObject ?? root
            : root;
        holder["access_token"] = tokens.Access;
        if (tokens.Refresh is not null)
        {
            holder["refresh_token"] = tokens.Refresh;
        }

        if (tokens.IdToken is not null)
        {
            holder["id_token"] = tokens.IdToken;
        }

        if (tokens.Expires is { } expires)
        {
            SetTime(root, holder, AuthFileReader.ExpiryNames, expires);
        }
        else
        {
            // The old end says nothing about the new token.
            foreach (var name in AuthFileReader.ExpiryNames)
            {
                root.Remove(name);
                holder.Remove(name);
            }
        }

        SetTime(root, holder, AuthFileReader.LastRefreshNames, now);
        if (tokens.ChatGptAccountId is not null && file.Kind == Protocol.Dialects.UpstreamKind.Codex)
        {
            holder["account_id"] = tokens.ChatGptAccountId;
        }

        // An empty e-mail in the answer must not overwrite a known one (spec/accounts.md 2.3).
        if (tokens.Email is not null && file.Email is null)
        {
            root["email"] = tokens.Email;
        }

        return JsonNode.DeepEquals(before, root) ? null : AuthFileJson.ToBytes(root);
    }

    /// <summary>Says in a file whose login it is; what is not known stays as it was.</summary>
    public static void SetProfile(JsonObject root, Protocol.Dialects.UpstreamKind kind, LoginProfile profile)
    {
        Set("email", profile.Email);
        if (kind == Protocol.Dialects.UpstreamKind.Claude)
        {
            Set("account_uuid", profile.AccountUuid);
            Set("organization_uuid", profile.OrganizationUuid);
            Set("organization_name", profile.OrganizationName);
        }

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                root[name] = value;
            }
        }
    }

    private static void SetTime(JsonObject root, JsonObject holder, string[] names, DateTimeOffset time)
    {
        var isThere = false;
        foreach (var owner in ReferenceEquals(root, holder) ? [root] : new[] { root, holder })
        {
            foreach (var name in names.Where(owner.ContainsKey))
            {
                owner[name] = InTheForm(owner[name], time);
                isThere = true;
            }
        }

        if (!isThere)
        {
            root[names[0]] = InTheForm(null, time);
        }
    }

    // As it was: a number stays a number, and so does a number written as text.
    private static JsonNode InTheForm(JsonNode? old, DateTimeOffset time) =>
        old is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? Unix(value.GetValue<double>(), time)
        : old is JsonValue text && text.GetValueKind() == JsonValueKind.String && double.TryParse(text.GetValue<string>(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Unix(number, time).ToString(CultureInfo.InvariantCulture)
        : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static long Unix(double old, DateTimeOffset time) => old > 1e12 ? time.ToUnixTimeMilliseconds() : time.ToUnixTimeSeconds();
}
