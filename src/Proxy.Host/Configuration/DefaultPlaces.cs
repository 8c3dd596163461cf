namespace Proxy.Host.Configuration;

/// <summary>Directories that stand where the file names none.</summary>
internal sealed record DefaultPlaces(string Home, string AuthDirectory, string StateDirectory)
{
    /// <summary>Those of the person who runs the program.</summary>
    public static DefaultPlaces OfUser()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return new DefaultPlaces(home, Path.Join(home, ".cli-proxy-api"), State(home));
    }

    private static string State(string home)
    {
        const string Name = "cliproxyactors";
        if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } given && Path.IsPathFullyQualified(given))
        {
            return Path.Join(given, Name);
        }

        if (OperatingSystem.IsWindows())
        {
            return Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), Name);
        }

        return OperatingSystem.IsMacOS()
            ? Path.Join(home, "Library", "Application Support", Name)
            : Path.Join(home, ".local", "state", Name);
    }
}
