using Proxy.Actors.Configuration;

namespace Proxy.Host.Configuration;

/// <summary>Directories that hold secrets.</summary>
internal static class PrivateDirectories
{
    /// <summary>Creates the directories of a configuration.</summary>
    /// <returns>Which one can't be had and why, with the key that names it; null when both are there.</returns>
    public static string? TryCreate(ProxyConfiguration configuration)
    {
        foreach (var (key, path) in new[] { ("auth-dir", configuration.AuthDirectory), ("state-dir", configuration.StateDirectory) })
        {
            try
            {
                Create(path);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                return $"{key}: {path} can't be created: {refused.Message.TrimEnd('.')}. Write another {key} in config.yaml, or mend the permissions.";
            }
        }

        return null;
    }

    /// <summary>What the owner is told of each directory that other users of this machine can look into.</summary>
    public static IEnumerable<string> Warnings(ProxyConfiguration configuration) =>
        from place in new[] { (Path: configuration.AuthDirectory, Holds: "your logins are"), (Path: configuration.StateDirectory, Holds: "tokens of running refreshes and the usage ledger are") }
        where IsOpenToOthers(place.Path)
        select $"Other users of this machine can look into {place.Path}, where {place.Holds}. Shut it: chmod 700 {place.Path}";

    /// <summary>True when others than its owner can look into <paramref name="path"/>.</summary>
    public static bool IsOpenToOthers(string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        return !OperatingSystem.IsWindows() && Directory.Exists(path) && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None;
    }

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
