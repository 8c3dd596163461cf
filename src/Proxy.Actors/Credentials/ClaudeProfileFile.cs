using System.Text.Json;

namespace Proxy.Actors.Credentials;

/// <summary>
/// Whose login Claude Code has: its credentials don't say, its settings do (<c>.claude.json</c>, member
/// <c>oauthAccount</c>), which lie beside them or one directory up.
/// </summary>
public static class ClaudeProfileFile
{
    // It also holds a history of projects.
    private const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>The profile that belongs to a credentials file; null when none is found. Blocking I/O.</summary>
    public static LoginProfile? Beside(string credentialsPath)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(credentialsPath));
        foreach (var place in new[] { directory, Path.GetDirectoryName(directory) })
        {
            if (place is not null && Read(Path.Join(place, ".claude.json")) is { } profile)
            {
                return profile;
            }
        }

        return null;
    }

    private static LoginProfile? Read(string path)
    {
        try
        {
            if (PlainFile.Read(path, MaxBytes) is not { Length: > 0 } content)
            {
                return null;
            }

            using var document = JsonDocument.Parse(content);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("oauthAccount", out var account) && account.ValueKind == JsonValueKind.Object
                ? new LoginProfile
                {
                    Email = Text(account, "emailAddress"),
                    AccountUuid = Text(account, "accountUuid"),
                    OrganizationUuid = Text(account, "organizationUuid"),
                    OrganizationName = Text(account, "organizationName"),
                }
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null; // it only says a name
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
