using System.Security.Cryptography;

namespace Proxy.Actors.Credentials;

/// <summary>A file of the auth directory, as one look found it.</summary>
/// <param name="FileName">Its name.</param>
/// <param name="Reading">What it holds.</param>
/// <param name="Hash">SHA-256 of its content, hex; tells whether it changed.</param>
public sealed record StoredFile(string FileName, AuthFileReading Reading, string Hash)
{
    /// <summary>Another program's file, whose changes count too; null without a link.</summary>
    internal string? LinkedTo { get; init; }
}

/// <summary>
/// The auth directory and the refresh journals on disk. Blocking I/O: called from tasks of its callers, never from an
/// actor's Receive. Stateless. What it promises, and how that is tested, stands in docs/reliability.md.
/// </summary>
public sealed class CredentialStore(string authDirectory, string stateDirectory, TimeProvider time)
{
    /// <summary>In the place of a fingerprint: what is written is a copy of what a crash left behind, and that stays until the copy is in its place.</summary>
    internal const string Copy = "0000000000000000";

    private const string LockDirectory = ".locks";

    /// <summary>The auth directory.</summary>
    public string AuthDirectory => authDirectory;

    /// <summary>How files are written.</summary>
    internal FileSteps Steps { get; init; } = FileSteps.OfSystem;

    private string TokensDirectory => Path.Combine(stateDirectory, "tokens");

    /// <summary>Makes the directories that are missing, 0700.</summary>
    public void MakeDirectories()
    {
        AtomicFile.MakeDirectory(authDirectory);
        AtomicFile.MakeDirectory(TokensDirectory);
    }

    /// <summary>Names of the files directly in the auth directory that may be accounts.</summary>
    /// <exception cref="IOException">The directory can't be listed.</exception>
    public IReadOnlyList<string> List() =>
        [.. new DirectoryInfo(authDirectory).EnumerateFiles()
            .Select(f => f.Name)
            .Where(n => n.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !n.StartsWith('.'))
            .Order(StringComparer.Ordinal)];

    /// <summary>Reads one file.</summary>
    public StoredFile Read(string fileName)
    {
        try
        {
            // One byte more than an auth file may have: a link to something endless is noticed, not read.
            if (PlainFile.Read(Path.Combine(authDirectory, fileName), AuthFileReader.MaxBytes + 1) is not { } content)
            {
                return new StoredFile(fileName, new AuthFileReading.Faulty(AuthFileFault.NotAFile, "it is a pipe, a socket or a device, not a file"), "not a file");
            }

            var reading = AuthFileReader.Read(fileName, content);
            return reading is AuthFileReading.Loaded { File: { Link: not null } linked }
                ? LinkedFile.Resolve(linked, content)
                : new StoredFile(fileName, reading, Convert.ToHexStringLower(SHA256.HashData(content)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new StoredFile(fileName, new AuthFileReading.Faulty(AuthFileFault.Missing, "the file is gone"), "missing");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e is UnauthorizedAccessException ? "the file may not be read" : "the file can't be read";
            return new StoredFile(fileName, new AuthFileReading.Faulty(AuthFileFault.Unreadable, reason, AuthFileReader.ProviderByName(fileName)), $"unreadable {e.GetType().Name}");
        }
    }

    /// <summary>
    /// Takes the account's lock: one process and one task at a time may read, refresh and write it. Its first half lies
    /// in the state directory, its second beside the auth file (<c>.locks/&lt;file&gt;.lock</c>), so that proxies with
    /// state directories of their own respect each other. Where the auth directory can't be written the first half must do.
    /// </summary>
    /// <returns>Null when it could not be had in time.</returns>
    public async Task<IDisposable?> LockAsync(string accountId, string fileName, TimeSpan limit, CancellationToken cancellation)
    {
        AtomicFile.MakeDirectory(TokensDirectory);
        var own = await FileLock.TakeAsync(Path.Combine(TokensDirectory, accountId + ".lock"), limit, time, cancellation).ConfigureAwait(false);
        if (own is null)
        {
            return null;
        }

        try
        {
            AtomicFile.MakeDirectory(Path.Combine(authDirectory, LockDirectory));
            if (await FileLock.TakeAsync(Path.Combine(authDirectory, LockDirectory, fileName + ".lock"), limit, time, cancellation).ConfigureAwait(false) is { } shared)
            {
                return new BothHalves(own, shared);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return own;
        }
        catch
        {
            own.Dispose();
            throw;
        }

        own.Dispose();
        return null;
    }

    /// <summary>Writes a file of the auth directory, new or not, 0600, whole or not at all.</summary>
    /// <exception cref="IOException">Disk full, read-only, …; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">Not permitted; nothing has changed.</exception>
    public void Write(string fileName, ReadOnlySpan<byte> content)
    {
        AtomicFile.MakeDirectory(authDirectory);
        var path = TargetOf(fileName);
        AtomicFile.Write(Steps, path, AtomicFile.TemporaryFor(path), content);
    }

    /// <summary>Writes a file of the auth directory, if it is still there: a removed account is not brought back.</summary>
    /// <returns>False when it is gone.</returns>
    public bool Replace(string fileName, ReadOnlySpan<byte> content)
    {
        if (!File.Exists(Path.Combine(authDirectory, fileName)))
        {
            return false;
        }

        Write(fileName, content);
        return true;
    }

    /// <summary>Deletes an auth file and what its refreshes left, which holds tokens too. Of a symlinked auth file the link goes, not its target. Under the account's lock.</summary>
    internal void Delete(string accountId, string fileName)
    {
        RemoveUnfinished(fileName);
        Steps.Delete(Path.Combine(authDirectory, fileName));
        Steps.FlushDirectory(authDirectory);
        Steps.Delete(Path.Combine(TokensDirectory, accountId));
        Steps.Delete(Path.Combine(TokensDirectory, accountId + ".tmp"));
        Steps.FlushDirectory(TokensDirectory);
    }

    /// <summary>
    /// Writes the pair that follows the one of fingerprint <paramref name="replaces"/>. A crash before the rename leaves
    /// it under a name that <see cref="Unfinished"/> finds.
    /// </summary>
    /// <returns>False when the file is gone.</returns>
    internal bool Replace(string fileName, ReadOnlySpan<byte> content, string replaces)
    {
        if (!File.Exists(Path.Combine(authDirectory, fileName)))
        {
            return false;
        }

        var path = TargetOf(fileName);
        AtomicFile.Write(Steps, path, $"{path}.{replaces}.tmp", content, keepsWhole: true);
        return true;
    }

    /// <summary>The pair that was to replace the one of that fingerprint when a crash came; null when there is none that is whole.</summary>
    internal AuthFile? Unfinished(string fileName, string replaces)
    {
        try
        {
            return PlainFile.Read($"{TargetOf(fileName)}.{replaces}.tmp", AuthFileReader.MaxBytes + 1) is { } content
                ? (AuthFileReader.Read(fileName, content) as AuthFileReading.Loaded)?.File
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the usual case: there is none
        }
    }

    /// <summary>Removes what crashed writes left behind. Only under the account's lock.</summary>
    internal void RemoveUnfinished(string fileName)
    {
        var path = TargetOf(fileName);
        try
        {
            foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*.tmp"))
            {
                if (left.Length == path.Length + 1 + TokenFingerprint.Length + ".tmp".Length)
                {
                    Steps.Delete(left);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They do no harm: each says which pair it replaces, and that pair is no longer in the file.
        }
    }

    internal RefreshJournal ReadJournal(string accountId)
    {
        var path = Path.Combine(TokensDirectory, accountId);
        var journal = Journal(path);

        // A crash before the rename: a pair in the temporary file is the only copy.
        return journal.Pending is null && Journal(path + ".tmp") is { Pending: not null } unfinished
            ? journal with { Pending = unfinished.Pending, PendingFor = unfinished.PendingFor }
            : journal;
    }

    // It only ever helps: one that can't be read counts as empty.
    private static RefreshJournal Journal(string path)
    {
        try
        {
            return File.Exists(path) ? RefreshJournal.Parse(File.ReadAllBytes(path)) : new RefreshJournal();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RefreshJournal();
        }
    }

    // Under the account's lock: one temporary name is enough.
    internal void WriteJournal(string accountId, RefreshJournal journal)
    {
        AtomicFile.MakeDirectory(TokensDirectory);
        var path = Path.Combine(TokensDirectory, accountId);
        AtomicFile.Write(Steps, path, path + ".tmp", journal.ToJson());
    }

    // A symlinked auth file stays a link: its target is replaced.
    private string TargetOf(string fileName)
    {
        var path = Path.Combine(authDirectory, fileName);
        var file = new FileInfo(path);
        return file.LinkTarget is null ? path : file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
    }

    private sealed class BothHalves(IDisposable own, IDisposable shared) : IDisposable
    {
        public void Dispose()
        {
            shared.Dispose();
            own.Dispose();
        }
    }
}
