using System.Runtime.InteropServices;

namespace Proxy.Actors.Credentials;

/// <summary>
/// The steps that an atomic write is made of, one call each. A seam: a test lets the machine die, or the disk fill up,
/// after any of them.
/// </summary>
internal abstract class FileSteps
{
    /// <summary>The file system.</summary>
    public static FileSteps OfSystem { get; } = new SystemSteps();

    /// <summary>Opens a new, empty file that only its owner may read.</summary>
    public abstract FileStream Open(string path);

    /// <summary>Writes the content.</summary>
    public abstract void Write(FileStream file, ReadOnlySpan<byte> content);

    /// <summary>Brings the content to the disk (fsync).</summary>
    public abstract void Flush(FileStream file);

    /// <summary>Puts the file into the place of another.</summary>
    public abstract void Rename(string from, string to);

    /// <summary>Brings a rename to the disk (fsync of the directory).</summary>
    public abstract void FlushDirectory(string path);

    /// <summary>Removes a file; one that is not there is no error.</summary>
    public abstract void Delete(string path);

    private sealed class SystemSteps : FileSteps
    {
        public override FileStream Open(string path) => AtomicFile.Open(path, FileMode.Create);

        public override void Write(FileStream file, ReadOnlySpan<byte> content)
        {
            file.Write(content);
            file.Flush();
        }

        public override void Flush(FileStream file) => file.Flush(flushToDisk: true);

        public override void Rename(string from, string to) => File.Move(from, to, overwrite: true);

        public override void FlushDirectory(string path)
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

        public override void Delete(string path) => File.Delete(path);
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
