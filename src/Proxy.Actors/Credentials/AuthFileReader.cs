using System.Text.Json;
using Proxy.Actors.Configuration;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials;

/// <summary>Reads the bytes of an auth file (spec/accounts.md 1.5): every spelling that programs before us have written.</summary>
public static class AuthFileReader
{
    /// <summary>No auth file is larger, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The largest <c>weight</c> (spec/accounts.md 8.9).</summary>
    public const int MaxWeight = 1_000_000;

    internal static readonly string[] ExpiryNames = ["expired", "expire", "expires_at", "expiresAt", "expiry", "expires"];
    internal static readonly string[] LastRefreshNames = ["last_refresh", "lastRefresh", "last_refreshed_at", "lastRefreshedAt"];
    private static readonly string[] NestedNames = ["token", "Token"];
    private static readonly string[] LeadNames = ["refresh_interval_seconds", "refreshIntervalSeconds", "refresh_interval", "refreshInterval"];

    /// <summary>Reads it. Never throws for what a file may hold; the reason never quotes the content.</summary>
    public static AuthFileReading Read(string fileName, ReadOnlyMemory<byte> content)
    {
        var trimmed = AuthFileJson.Trim(content.Span);
        if (trimmed.IsEmpty)
        {
            return new AuthFileReading.Faulty(AuthFileFault.Empty, "the file is empty");
        }

        if (content.Length > MaxBytes)
        {
            return new AuthFileReading.Faulty(AuthFileFault.Corrupt, "the file is larger than 1 MiB");
        }

        try
        {
            using var document = AuthFileJson.Parse(trimmed);
            _ = AuthFileJson.Copy(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(fileName, content, document.RootElement)
                : new AuthFileReading.Faulty(AuthFileFault.Corrupt, "the file is not a JSON object");
        }
        catch (JsonException e)
        {
            var place = $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}";
            return AuthFileJson.IsTorn(trimmed)
                ? new AuthFileReading.Faulty(AuthFileFault.Torn, $"the file ends in the middle of its JSON ({place})", ProviderByName(fileName))
                : new AuthFileReading.Faulty(AuthFileFault.Corrupt, $"the file is not valid JSON ({place})", ProviderByName(fileName));
        }
        catch (InvalidOperationException)
        {
            return new AuthFileReading.Faulty(AuthFileFault.Corrupt, "the file holds text that is not valid Unicode", ProviderByName(fileName));
        }
    }

    /// <summary>The provider that a file's name speaks of (<c>claude-….json</c>, <c>codex-….json</c>); null for any other.</summary>
    public static string? ProviderByName(string fileName) =>
        fileName.StartsWith("claude", StringComparison.OrdinalIgnoreCase) ? "claude"
        : fileName.StartsWith("codex", StringComparison.OrdinalIgnoreCase) ? "codex"
        : null;

    /// <summary>The kind of upstream behind a provider of auth files; null for a foreign one.</summary>
    public static UpstreamKind? KindOf(string? provider) => provider switch
    {
        "claude" => UpstreamKind.Claude,
        "codex" => UpstreamKind.Codex,
        _ => null,
    };

    private static AuthFileReading Read(string fileName, ReadOnlyMemory<byte> content, JsonElement root)
    {
        var provider = Text(root, "type")?.Trim().ToLowerInvariant();
        var isLink = provider?.EndsWith(LinkedFile.TypeEnding, StringComparison.Ordinal) == true;
        provider = isLink ? provider![..^LinkedFile.TypeEnding.Length] : provider;
        if (KindOf(provider) is not { } kind)
        {
            return new AuthFileReading.Faulty(AuthFileFault.Foreign, provider is null ? "the file has no type" : "the file's type is not served here", null);
        }

        var nested = NestedNames.Select(n => root.TryGetProperty(n, out var t) && t.ValueKind == JsonValueKind.Object ? t : default)
            .FirstOrDefault(t => t.ValueKind == JsonValueKind.Object);
        var tokens = new TokenPair(Text(root, "access_token") ?? Text(nested, "access_token"), Text(root, "refresh_token") ?? Text(nested, "refresh_token"));
        var link = isLink ? Text(root, "link") : null;
        if (isLink && !Path.IsPathFullyQualified(link ?? string.Empty))
        {
            return new AuthFileReading.Faulty(AuthFileFault.Corrupt, "link is not the full path of a file", provider);
        }

        tokens = isLink ? new TokenPair(null, null) : tokens;
        if (!isLink && tokens is { Access: null, Refresh: null })
        {
            return new AuthFileReading.Faulty(AuthFileFault.NoToken, "the file holds neither an access token nor a refresh token", provider);
        }

        if (!IsSendable(tokens.Access ?? string.Empty))
        {
            // Sent on, it would fail every request, or end the header early and begin another.
            return new AuthFileReading.Faulty(AuthFileFault.Corrupt, "access_token holds what can't be sent in an HTTP header", provider);
        }

        if (Pairs(root, "headers").Select(h => AccountHeaders.WhyNot(h.Key, h.Value, hasCredential: true)).FirstOrDefault(w => w is not null) is { } why)
        {
            return new AuthFileReading.Faulty(AuthFileFault.Corrupt, $"headers can't be sent: {why}", provider);
        }

        var idToken = Text(root, "id_token") ?? Text(nested, "id_token");
        var claims = JwtClaims.Read(idToken);
        var accessClaims = JwtClaims.Read(tokens.Access);
        var (proxy, direct, proxyIsValid) = Proxy(Text(root, "proxy_url"));
        if (!proxyIsValid)
        {
            // Going direct instead would show the owner's address where the owner said not to.
            return new AuthFileReading.Faulty(AuthFileFault.Corrupt, "proxy_url is not an absolute http, https or socks5 URL", provider);
        }

        if (AuthFileRetry.Read(root, out var mistake) is not { } retry)
        {
            return new AuthFileReading.Faulty(AuthFileFault.Corrupt, mistake!, provider);
        }

        return new AuthFileReading.Loaded(new AuthFile
        {
            FileName = fileName,
            Provider = provider!,
            Kind = kind,
            Tokens = tokens,
            Link = link,
            IdToken = idToken,
            Email = Text(root, "email") ?? claims?.Email,
            Label = Text(root, "label"),
            Expires = Time(root, ExpiryNames) ?? Time(nested, ExpiryNames) ?? accessClaims?.Expires,
            LastRefresh = Time(root, LastRefreshNames) ?? Time(nested, LastRefreshNames),
            RefreshLead = LeadNames.Select(n => root.TryGetProperty(n, out var v) ? AuthFileTimes.Duration(v) : null).FirstOrDefault(d => d is not null),
            ChatGptAccountId = kind == UpstreamKind.Codex
                && (Text(root, "account_id") ?? Text(nested, "account_id") ?? claims?.ChatGptAccountId ?? accessClaims?.ChatGptAccountId) is { } account && IsSendable(account) ? account : null,
            Plan = Text(root, "plan_type") ?? claims?.Plan ?? accessClaims?.Plan,
            ProxyUrl = proxy,
            NoProxy = direct,
            Prefix = Prefix(Text(root, "prefix")),
            IsDisabled = root.TryGetProperty("disabled", out var off) && off.ValueKind == JsonValueKind.True,
            Priority = Number(root, "priority") ?? 0,
            Weight = Math.Min(Number(root, "weight") ?? 1, MaxWeight),
            MaxConcurrent = Number(root, "max_concurrent") is { } most ? Math.Max(most, 0) : null,
            Headers = Pairs(root, "headers"),
            ExcludedModels = root.TryGetProperty("excluded_models", out var excluded) && excluded.ValueKind == JsonValueKind.Array
                ? [.. excluded.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!.Trim()).Where(e => e.Length > 0)]
                : [],
            ModelAliases = Aliases(root),
            Retry = retry,
            Raw = content,
        });
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    private static int? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    internal static bool IsSendable(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static DateTimeOffset? Time(JsonElement element, string[] names) =>
        names.Select(n => AuthFileTimes.Read(element, n)).FirstOrDefault(t => t is not null);

    private static (Uri? Url, bool Direct, bool IsValid) Proxy(string? text) =>
        text is null ? (null, false, true)
        : OutboundRoute.TryParse(text, out var proxy) ? (proxy, proxy is null, true)
        : (null, false, false);

    // Trimmed of slashes; one that still has a slash inside is no prefix (spec/accounts.md 6.1).
    private static string? Prefix(string? text) => text?.Trim().Trim('/') is { Length: > 0 } prefix && !prefix.Contains('/') ? prefix : null;

    private static IReadOnlyList<KeyValuePair<string, string>> Pairs(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? [.. value.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String).Select(p => KeyValuePair.Create(p.Name, p.Value.GetString()!))]
            : [];

    // A map has no room for more than the name, and says nothing against the name itself: it stays listed.
    private static IReadOnlyList<ModelAlias> Aliases(JsonElement root)
    {
        if (!root.TryGetProperty("model_aliases", out var value) || value.ValueKind != JsonValueKind.Array)
        {
            return [.. Pairs(root, "model_aliases").Select(p => new ModelAlias(p.Value, p.Key) { Fork = true })];
        }

        return [.. from entry in value.EnumerateArray()
                   let target = Text(entry, "name")
                   let alias = Text(entry, "alias")
                   where target is not null && alias is not null
                   select new ModelAlias(target.Trim(), alias.Trim())
                   {
                       Fork = Says(entry, "fork"),
                       DisplayName = Text(entry, "display-name") ?? Text(entry, "display_name"),
                       ForceMapping = Says(entry, "force-mapping") || Says(entry, "force_mapping"),
                   }];

        static bool Says(JsonElement entry, string name) => entry.TryGetProperty(name, out var said) && said.ValueKind == JsonValueKind.True;
    }
}
