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

    private Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    /// <summary>Looks.</summary>
    public DirectoryLook Look()
    {
        try
        {
            store.MakeDirectories();
            var now = time.GetUtcNow().UtcDateTime;
            var seen = new Dictionary<string, Seen>(StringComparer.Ordinal);
            foreach (var name in store.List())
            {
                var stamp = StampOf(Path.Combine(store.AuthDirectory, name));
                var old = _seen.GetValueOrDefault(name);
                var linkStamp = StampOf(old?.File.LinkedTo);
                var isSame = old is not null && IsSame(old.Stamp, stamp, now) && (old.File.LinkedTo is null || IsSame(old.LinkStamp, linkStamp, now));
                var file = isSame ? old!.File : store.Read(name);
                seen[name] = new Seen(stamp, file.LinkedTo == old?.File.LinkedTo ? linkStamp : StampOf(file.LinkedTo), file);
            }

            _seen = seen;
            return new DirectoryLook([.. seen.Values.Select(s => s.File).Where(f => f.Reading is not AuthFileReading.Faulty { Fault: AuthFileFault.Missing })], null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DirectoryLook(null, $"the auth directory can't be read ({e.GetType().Name})");
        }
    }

    private static Stamp StampOf(string? path)
    {
        if (path is null)
        {
            return default;
        }

        var info = new FileInfo(path);
        return info.Exists ? new Stamp(info.LastWriteTimeUtc, info.Length, info.LinkTarget is not null) : default;
    }

    // What a symbolic link leads to may change unseen.
    private static bool IsSame(Stamp old, Stamp now, DateTime time) => old == now && !now.IsSymbolic && time - now.Written > Young;

    private readonly record struct Stamp(DateTime Written, long Length, bool IsSymbolic);

    private sealed record Seen(Stamp Stamp, Stamp LinkStamp, StoredFile File);
}
