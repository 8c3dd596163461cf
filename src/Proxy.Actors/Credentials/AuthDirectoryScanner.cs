namespace Proxy.Actors.Credentials;

/// <summary>What a look at the auth directory gave.</summary>
/// <param name="Files">Its files; null when the directory could not be read.</param>
/// <param name="Fault">Why not.</param>
public sealed record DirectoryLook(IReadOnlyList<StoredFile>? Files, string? Fault);

/// <summary>
/// Looks at the auth directory again and again; a file whose time and length did not change is not read again. Blocking
/// I/O. One look at a time.
/// </summary>
public sealed class AuthDirectoryScanner(CredentialStore store, TimeProvider time)
{
    // A file may change twice within one tick of the file system's clock: young files are read all the same.
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(2);

    private Dictionary<string, (DateTime Written, long Length, StoredFile File)> _seen = new(StringComparer.Ordinal);

    /// <summary>Looks.</summary>
    public DirectoryLook Look()
    {
        try
        {
            store.MakeDirectories();
            var now = time.GetUtcNow().UtcDateTime;
            var seen = new Dictionary<string, (DateTime, long, StoredFile)>(StringComparer.Ordinal);
            foreach (var name in store.List())
            {
                var info = new FileInfo(Path.Combine(store.AuthDirectory, name));
                var (written, length) = info.Exists ? (info.LastWriteTimeUtc, info.Length) : default;
                var isSame = _seen.TryGetValue(name, out var old) && info.LinkTarget is null && old.Written == written && old.Length == length && now - written > Young;
                seen[name] = (written, length, isSame ? old.File : store.Read(name));
            }

            _seen = seen;
            return new DirectoryLook([.. seen.Values.Select(s => s.Item3).Where(f => f.Reading is not AuthFileReading.Faulty { Fault: AuthFileFault.Missing })], null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DirectoryLook(null, $"the auth directory can't be read ({e.GetType().Name})");
        }
    }
}
