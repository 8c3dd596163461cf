namespace Proxy.Actors.Credentials;

/// <summary>Writes that are there whole or not at all, also after a power cut: temp, fsync, rename, fsync of the directory. 0600 and 0700.</summary>
internal static class AtomicFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the directory, readable by its owner only; an existing one is left as it is.</summary>
    public static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <summary>A name for a temporary file that nobody else has. Not *.json, so that no program that lists accounts takes it for one.</summary>
    public static string TemporaryFor(string path) => $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";

    /// <summary>Replaces the file.</summary>
    /// <param name="steps">How.</param>
    /// <param name="path">The file.</param>
    /// <param name="temporary">The name that the new content has until it is whole; in the same directory.</param>
    /// <param name="content">The new content.</param>
    /// <param name="keepsWhole">Leaves a whole temporary file where it could not be renamed: somebody will look for it.</param>
    /// <exception cref="IOException">Disk full, read-only, …; the old content stands.</exception>
    /// <exception cref="UnauthorizedAccessException">Not permitted; the old content stands.</exception>
    public static void Write(FileSteps steps, string path, string temporary, ReadOnlySpan<byte> content, bool keepsWhole = false)
    {
        var isWhole = false;
        try
        {
            using (var stream = steps.Open(temporary))
            {
                steps.Write(stream, content);
                steps.Flush(stream);
            }

            isWhole = true;
            steps.Rename(temporary, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!(isWhole && keepsWhole))
            {
                steps.Delete(temporary);
            }

            throw;
        }

        steps.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Opens (or makes) a file that only its owner may read.</summary>
    public static FileStream Open(string path, FileMode mode = FileMode.CreateNew, FileShare share = FileShare.None)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }
}
