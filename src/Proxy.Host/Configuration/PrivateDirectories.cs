namespace Proxy.Host.Configuration;

/// <summary>Directories that hold secrets.</summary>
internal static class PrivateDirectories
{
    /// <summary>Creates <paramref name="path"/> for its owner alone (0700); one that is there stays as it is.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
