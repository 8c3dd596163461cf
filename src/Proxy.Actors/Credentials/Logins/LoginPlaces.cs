using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>Where a login goes.</summary>
/// <param name="FileName">The file's name in the auth directory.</param>
/// <param name="Existing">The same account's file that is there already; null for a new account.</param>
/// <param name="ReplacesUnusable">A file of this name is there, but holds no account that could be read: it is kept aside.</param>
internal sealed record LoginPlace(string FileName, AuthFile? Existing, bool ReplacesUnusable = false);

/// <summary>
/// Finds the file of the account that has just logged in, whatever it is called: an older program's name, or the name of
/// a plan that has changed since. Two files for one account would be two accounts that share one quota. Pure.
/// </summary>
internal static class LoginPlaces
{
    /// <summary>The place among the files that are there.</summary>
    public static LoginPlace For(NewLogin login, IReadOnlyList<StoredFile> files)
    {
        var name = LoginFileName.Of(login);
        var same = files.Select(f => f.Reading).OfType<AuthFileReading.Loaded>().Select(l => l.File)
            .Where(f => f.Kind == login.Kind && IsSame(login, f))
            .OrderBy(f => f.FileName != name)
            .FirstOrDefault();
        if (same is not null)
        {
            return new LoginPlace(same.FileName, same);
        }

        var isTaken = files.FirstOrDefault(f => string.Equals(f.FileName, name, StringComparison.OrdinalIgnoreCase));
        return isTaken?.Reading switch
        {
            null or AuthFileReading.Faulty { Fault: AuthFileFault.Missing } => new LoginPlace(name, null),
            AuthFileReading.Faulty { Fault: AuthFileFault.Empty or AuthFileFault.Torn or AuthFileFault.Corrupt or AuthFileFault.NoToken } => new LoginPlace(isTaken.FileName, null, ReplacesUnusable: true),
            _ => new LoginPlace(LoginFileName.Beside(login), null),
        };
    }

    private static bool IsSame(NewLogin login, AuthFile file)
    {
        if (login.Kind == UpstreamKind.Codex)
        {
            // All members of a workspace have its account id; all workspaces of a person have their e-mail.
            return login.Tokens.ChatGptAccountId == file.ChatGptAccountId && IsSameEmail(login.Profile.Email, file.Email) && (login.Tokens.ChatGptAccountId is not null || login.Profile.Email is not null);
        }

        var (account, organization) = (LoginFile.Text(file, "account_uuid"), LoginFile.Text(file, "organization_uuid"));
        if (organization is not null && login.Profile.OrganizationUuid is not null && organization != login.Profile.OrganizationUuid)
        {
            return false;
        }

        return account is not null && login.Profile.AccountUuid is not null
            ? account == login.Profile.AccountUuid
            : login.Profile.Email is not null && IsSameEmail(login.Profile.Email, file.Email);
    }

    private static bool IsSameEmail(string? one, string? other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
