using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Importing;

/// <summary>Finds the logins of Claude Code and Codex where these programs keep them. Reads only.</summary>
/// <param name="environment">The person's environment.</param>
/// <param name="home">The person's home directory.</param>
internal sealed class LoginFinder(Func<string, string?> environment, string home)
{
    /// <summary>Where they may be, those that the environment names first.</summary>
    public IReadOnlyList<(UpstreamKind Kind, string Path)> Places()
    {
        var places = new List<(UpstreamKind, string)>();
        Add(UpstreamKind.Claude, environment("CLAUDE_CONFIG_DIR"), ".credentials.json");
        Add(UpstreamKind.Claude, Path.Join(home, ".claude"), ".credentials.json");
        Add(UpstreamKind.Codex, environment("CODEX_HOME"), "auth.json");
        Add(UpstreamKind.Codex, Path.Join(home, ".codex"), "auth.json");
        return [.. places.Distinct()];

        void Add(UpstreamKind kind, string? directory, string name)
        {
            if (!string.IsNullOrWhiteSpace(directory))
            {
                places.Add((kind, Path.GetFullPath(Path.Join(directory, name))));
            }
        }
    }

    /// <summary>What is there.</summary>
    public IReadOnlyList<FoundLogin> Find(CredentialStore store)
    {
        var ours = Ours(store);
        return [.. from place in Places()
                   let found = Look(place.Path, place.Kind, ours)
                   where found is not null
                   select found];
    }

    /// <summary>What is in that file; its fault says when there is none.</summary>
    public static FoundLogin Look(string path, CredentialStore store)
    {
        var full = Path.GetFullPath(path);
        return Look(full, null, Ours(store)) ?? new FoundLogin(null, full, null, new LoginProfile(), "there is no such file");
    }

    private static FoundLogin? Look(string path, UpstreamKind? kind, IReadOnlyList<AuthFile> ours)
    {
        switch (OtherProgramFile.Read(path, kind))
        {
            case OtherProgramReading.Loaded { Login: var login }:
                var profile = login.Kind == UpstreamKind.Claude ? ClaudeProfileFile.Beside(path) : null;
                profile ??= new LoginProfile { Email = login.Email };
                var (standing, file) = Compare(path, login, profile, ours);
                return new FoundLogin(login.Kind, path, login, profile, null, standing, file);
            case OtherProgramReading.Faulty { Fault: AuthFileFault.Missing }:
                return null;
            case OtherProgramReading.Faulty faulty:
                return new FoundLogin(kind, path, null, new LoginProfile(), faulty.Reason);
            case var other:
                throw new InvalidOperationException($"no rule for {other.GetType().Name}");
        }
    }

    private static (Standing, string?) Compare(string path, OtherProgramLogin login, LoginProfile profile, IReadOnlyList<AuthFile> ours)
    {
        var same = ours.Where(f => f.Kind == login.Kind).ToList();
        if (same.FirstOrDefault(f => f.Link == path) is { } linked)
        {
            return (Standing.Linked, linked.FileName);
        }

        if (same.FirstOrDefault(f => f.Link is null && (f.Tokens.Access == login.Tokens.Access || (f.Tokens.Refresh is not null && f.Tokens.Refresh == login.Tokens.Refresh))) is { } copied)
        {
            return (Standing.Copied, copied.FileName);
        }

        // A person may have several ChatGPT workspaces; all have the e-mail, each its own id.
        return same.FirstOrDefault(f => f.Link is null && profile.Email is not null && string.Equals(f.Email, profile.Email, StringComparison.OrdinalIgnoreCase)
                && (login.Kind == UpstreamKind.Claude || f.ChatGptAccountId == login.ChatGptAccountId)) is { } own
            ? (Standing.OwnLogin, own.FileName)
            : (Standing.New, null);
    }

    private static IReadOnlyList<AuthFile> Ours(CredentialStore store)
    {
        try
        {
            return [.. store.List().Select(n => (store.Read(n).Reading as AuthFileReading.Loaded)?.File).OfType<AuthFile>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // no auth directory yet
        }
    }
}
