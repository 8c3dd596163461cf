using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Accounts;

/// <summary>Credentials in the file format of spec/accounts.md 1.5.</summary>
internal static class AuthFile
{
    public static string Write(SandboxAccount account, string directory, DateTimeOffset? expired, DateTimeOffset now)
    {
        if (account.Kind is not (SandboxAccountKind.ClaudeOAuth or SandboxAccountKind.ChatGpt))
        {
            throw new InvalidOperationException($"{account.Name} signs in with an API key and has no auth file.");
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var path = Path.Combine(directory, NameOf(account));
        var temporary = path + ".tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(ContentOf(account, expired ?? account.ExpiresAt, now)));
        }

        File.Move(temporary, path, overwrite: true);
        return path;
    }

    private static string NameOf(SandboxAccount account)
    {
        if (account.Kind == SandboxAccountKind.ClaudeOAuth)
        {
            return $"claude-{account.Email}.json";
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account.AccountId)))[..8];
        return $"codex-{digest}-{account.Email}-{account.Plan.ToLowerInvariant()}.json";
    }

    private static string ContentOf(SandboxAccount account, DateTimeOffset expired, DateTimeOffset now)
    {
        var isChatGpt = account.Kind == SandboxAccountKind.ChatGpt;
        var text = new StringBuilder("{");
        void Member(string name, string value) => text.Append(text.Length == 1 ? "" : ",").Append('"').Append(name).Append("\":").Append(JsonString.Quote(value));
        Member("id_token", account.IdToken);
        Member("access_token", account.AccessToken);
        Member("refresh_token", account.RefreshToken);
        if (isChatGpt)
        {
            Member("account_id", account.AccountId);
        }

        Member("last_refresh", Rfc3339(now));
        Member("email", account.Email);
        Member("type", isChatGpt ? "codex" : "claude");
        Member("expired", Rfc3339(expired));
        return text.Append("}\n").ToString();
    }

    private static string Rfc3339(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
