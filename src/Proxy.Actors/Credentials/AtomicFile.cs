using System.Runtime.InteropServices;

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

    /// <summary>Replaces the file.</summary>
    /// <exception cref="IOException">Disk full, read-only, …; the old content stands.</exception>
    /// <exception cref="UnauthorizedAccessException">Not permitted; the old content stands.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        // Not *.json, so that no program that lists accounts takes it for one.
        var temporary = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = Open(temporary))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Opens (or makes) a file that only its owner may read.</summary>
    public static FileStream Open(string path, FileMode mode = FileMode.CreateNew, FileShare share = FileShare.None)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    /// <summary>Makes what was renamed or deleted in the directory last over a power cut.</summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals the rename
        }

        var descriptor = Native.open(path, 0);
        if (descriptor >= 0)
        {
            _ = Native.fsync(descriptor);
            _ = Native.close(descriptor);
        }
    }

    // .NET opens no directory handles.
    private static class Native
    {
        [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int fsync(int descriptor);

        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int close(int descriptor);
    }
}
