namespace Proxy.Actors.Engine;

/// <summary>One instance per state directory. The system gives the lock back when the process dies, however it dies.</summary>
public sealed class StateDirectoryLock : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly FileStream _file;

    private StateDirectoryLock(FileStream file) => _file = file;

    /// <summary>Makes the directory (0700) and locks it.</summary>
    /// <exception cref="EngineStartException">Another instance holds it, or it can't be written.</exception>
    public static StateDirectoryLock Take(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, "lock");
        try
        {
            MakeDirectory(stateDirectory);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new EngineStartException($"The state directory '{stateDirectory}' can't be used: {refused.Message}", refused);
        }

        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            return new StateDirectoryLock(new FileStream(path, options));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new EngineStartException($"The state directory '{stateDirectory}' is in use by another running proxy (or its lock file can't be written). "
                + "Stop that one, or give this one its own 'state-dir'.", refused);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        const UnixFileMode Private = OwnerOnly | UnixFileMode.UserExecute;
        if (Directory.CreateDirectory(path, Private).UnixFileMode != Private)
        {
            File.SetUnixFileMode(path, Private);
        }
    }
}
