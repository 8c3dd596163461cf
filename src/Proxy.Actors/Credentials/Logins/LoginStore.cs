using Proxy.Actors.Accounts;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>What became of a login on disk.</summary>
public abstract record LoginSaved
{
    private LoginSaved()
    {
    }

    /// <summary>It is there.</summary>
    /// <param name="Id">The account's id.</param>
    /// <param name="Path">The file.</param>
    /// <param name="IsNew">False when the account was there already and got new tokens.</param>
    /// <param name="IsPaused">Its owner has paused it, and it still is.</param>
    /// <param name="KeptAside">Where the unusable file went whose name it took; null when there was none.</param>
    public sealed record Written(AccountId Id, string Path, bool IsNew, bool IsPaused, string? KeptAside) : LoginSaved;

    /// <summary>It could not be written.</summary>
    /// <param name="Reason">In words, free of secrets.</param>
    public sealed record Failed(string Reason) : LoginSaved;
}

/// <summary>Writes a login into the auth directory, under its account's lock: a running proxy may be refreshing the same account.</summary>
public sealed class LoginStore(CredentialStore store, TimeProvider time)
{
    /// <summary>Longest wait for a proxy that refreshes the same account: longer than any refresh takes.</summary>
    public static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(45);

    /// <summary>Writes it. Never throws for what disks do.</summary>
    public async Task<LoginSaved> SaveAsync(NewLogin login, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(login);
        try
        {
            store.MakeDirectories();
            while (true)
            {
                var place = Find(login);
                var id = AccountId.For(login.Provider, place.FileName);
                using var held = await store.LockAsync(id.Value, place.FileName, LockLimit, cancellation).ConfigureAwait(false);
                if (held is null)
                {
                    return new LoginSaved.Failed("another process holds the account's lock");
                }

                // What lies there now counts: the account may have been refreshed, edited, renamed or removed since it was found.
                if (Find(login) is var now && now.FileName == place.FileName)
                {
                    return Write(login, now, id);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new LoginSaved.Failed($"the auth directory or the state directory can't be used ({e.Message.TrimEnd('.')})");
        }
    }

    private LoginPlace Find(NewLogin login) => LoginPlaces.For(login, [.. store.List().Select(store.Read)]);

    private LoginSaved.Written Write(NewLogin login, LoginPlace place, AccountId id)
    {
        var path = Path.Combine(store.AuthDirectory, place.FileName);
        var aside = place.ReplacesUnusable ? $"{path}.{time.GetUtcNow():yyyyMMdd'T'HHmmss}.unusable" : null;
        if (aside is not null)
        {
            File.Move(path, aside, overwrite: true);
        }

        var content = LoginFile.Content(login, place.Existing, place.FileName, time.GetUtcNow());
        store.Write(place.FileName, content);
        store.RemoveUnfinished(place.FileName);
        return new LoginSaved.Written(id, path, place.Existing is null, place.Existing?.IsDisabled == true, aside);
    }
}
