namespace Proxy.Host.Configuration;

/// <summary>What a look at the file showed.</summary>
/// <param name="Text">Its content; null when it is not there or can't be read.</param>
/// <param name="Trouble">Why not; null when <see cref="Text"/> is set.</param>
internal readonly record struct FileLook(string? Text, string? Trouble);

/// <summary>The file itself: where it is looked for, and what is said when it is missing.</summary>
internal static class ConfigurationFile
{
    /// <summary>The name that is looked for when <c>--config</c> names none.</summary>
    public const string DefaultName = "config.yaml";

    /// <summary>Reads the file. Troubles of the disk are values here: a reload survives them.</summary>
    public static FileLook Look(string path)
    {
        try
        {
            return new FileLook(File.ReadAllText(path), null);
        }
        catch (Exception trouble) when (trouble is FileNotFoundException or DirectoryNotFoundException)
        {
            return new FileLook(null, "does not exist");
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            return new FileLook(null, $"can't be read: {trouble.Message}");
        }
    }

    /// <summary>The message of a missing file, with the three lines that fix it.</summary>
    public static string Missing(string path, string trouble) =>
        $"""
        {path} {trouble}.
        The proxy needs a configuration file. These three lines are a whole one:

        port: 8317
        auth-dir: "~/.cli-proxy-api"
        api-keys: []

        Save them there, or name another file: --config FILE. To look around without accounts: --sandbox.
        """;
}
