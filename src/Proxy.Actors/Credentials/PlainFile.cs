using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Proxy.Actors.Credentials;

/// <summary>
/// Reads regular files, and nothing that only looks like one: a pipe under an auth file's name must not make its reader
/// wait for a writer for ever, and a device must not be read.
/// </summary>
internal static class PlainFile
{
    private const int NoSuchFile = 2;
    private const int NoSuchDevice = 6;
    private const int PermissionDenied = 13;

    /// <summary>Its first bytes, at most <paramref name="limit"/>; null when it is no regular file.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[]? Read(string path, int limit)
    {
        using var handle = OperatingSystem.IsWindows()
            ? File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete)
            : OpenAtOnce(path);
        if (handle is null)
        {
            return null;
        }

        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        if (!stream.CanSeek)
        {
            return null; // a pipe, a terminal
        }

        // As many bytes as it says it has: a device has none.
        var content = new byte[Math.Min(stream.Length, limit)];
        var read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return content[..read];
    }

    // .NET's own way of opening waits for the other end of a pipe.
    private static SafeFileHandle? OpenAtOnce(string path)
    {
        var (nonBlocking, closeOnExec, noTerminal) = OperatingSystem.IsLinux() ? (0x800, 0x80000, 0x100) : (0x4, 0x1000000, 0x20000);
        var descriptor = open(path, nonBlocking | closeOnExec | noTerminal);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            NoSuchDevice => null, // a socket
            NoSuchFile => throw new FileNotFoundException("there is no such file"),
            PermissionDenied => throw new UnauthorizedAccessException("the file may not be read"),
            _ => throw new IOException($"the file can't be opened (error {error})"),
        };
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
