using System.Security.Cryptography;

namespace Proxy.Actors.Credentials;

/// <summary>A file of the auth directory, as one look found it.</summary>
/// <param name="FileName">Its name.</param>
/// <param name="Reading">What it holds.</param>
/// <param name="Hash">SHA-256 of its content, hex; tells whether it changed.</param>
public sealed record StoredFile(string FileName, AuthFileReading Reading, string Hash);

/// <summary>
/// The auth directory and the refresh journals on disk. Blocking I/O: called from tasks of its callers, never from an
/// actor's Receive. Stateless.
/// </summary>
public sealed class CredentialStore(string authDirectory, string stateDirectory, TimeProvider time)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>The auth directory.</summary>
    public string AuthDirectory => authDirectory;

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
            var content = ReadBounded(Path.Combine(authDirectory, fileName));
            return new StoredFile(fileName, AuthFileReader.Read(fileName, content), Convert.ToHexStringLower(SHA256.HashData(content)));
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
    /// Takes the account's lock: one process and one task at a time may read, refresh and write it. Waits for it, on
    /// the one clock, until <paramref name="limit"/> is over.
    /// </summary>
    /// <returns>Null when it could not be had in time.</returns>
    public async Task<IDisposable?> LockAsync(string accountId, TimeSpan limit, CancellationToken cancellation)
    {
        AtomicFile.MakeDirectory(TokensDirectory);
        var path = Path.Combine(TokensDirectory, accountId + ".lock");
        var begun = time.GetTimestamp(); // not the wall clock, which may be set back
        while (true)
        {
            try
            {
                return AtomicFile.Open(path, FileMode.OpenOrCreate);
            }
            catch (IOException) when (time.GetElapsedTime(begun) < limit)
            {
                await Task.Delay(LockPoll, time, cancellation).ConfigureAwait(false);
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>Writes a file of the auth directory, if it is still there: a removed account is not brought back.</summary>
    /// <returns>False when it is gone.</returns>
    internal bool Replace(string fileName, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(authDirectory, fileName);
        if (!File.Exists(path))
        {
            return false;
        }

        // A symlinked auth file stays a link: its target is replaced.
        AtomicFile.Write(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path, content);
        return true;
    }

    /// <summary>Deletes an auth file and the journal of its refreshes, which holds tokens too. Of a symlinked auth file the link goes, not its target.</summary>
    internal void Delete(string accountId, string fileName)
    {
        File.Delete(Path.Combine(authDirectory, fileName));
        AtomicFile.FlushDirectory(authDirectory);
        File.Delete(Path.Combine(TokensDirectory, accountId));
        AtomicFile.FlushDirectory(TokensDirectory);
    }

    // One byte more than an auth file may have: a link to something endless is noticed, not read.
    private static byte[] ReadBounded(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        var length = (stream.CanSeek && stream.Length is > 0 and < AuthFileReader.MaxBytes and var known ? (int)known : AuthFileReader.MaxBytes) + 1;
        var content = new byte[length];
        var read = stream.ReadAtLeast(content, length, throwOnEndOfStream: false);
        return content[..read];
    }

    internal RefreshJournal ReadJournal(string accountId)
    {
        var path = Path.Combine(TokensDirectory, accountId);
        return File.Exists(path) ? RefreshJournal.Parse(File.ReadAllBytes(path)) : new RefreshJournal();
    }

    internal void WriteJournal(string accountId, RefreshJournal journal)
    {
        AtomicFile.MakeDirectory(TokensDirectory);
        AtomicFile.Write(Path.Combine(TokensDirectory, accountId), journal.ToJson());
    }
}
