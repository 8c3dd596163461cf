using Akka.Actor;

namespace Proxy.Actors.Accounts;

/// <summary>Something in the auth directory may have changed.</summary>
internal sealed record FilesTouched(bool IsPoll)
{
    public static FilesTouched Poll { get; } = new(IsPoll: true);

    public static FilesTouched Event { get; } = new(IsPoll: false);
}

/// <summary>Tells an actor that files were touched, as soon as the system says so. A poll backs it up: watchers lose events, and not every file system has them.</summary>
internal sealed class AuthDirectoryWatch : IDisposable
{
    private readonly FileSystemWatcher? _watcher;

    public AuthDirectoryWatch(string directory, IActorRef target)
    {
        try
        {
            _watcher = new FileSystemWatcher(directory) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
            _watcher.Changed += (_, _) => target.Tell(FilesTouched.Event);
            _watcher.Created += (_, _) => target.Tell(FilesTouched.Event);
            _watcher.Deleted += (_, _) => target.Tell(FilesTouched.Event);
            _watcher.Renamed += (_, _) => target.Tell(FilesTouched.Event);
            _watcher.Error += (_, _) => target.Tell(FilesTouched.Event);
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or ArgumentException or PlatformNotSupportedException or UnauthorizedAccessException)
        {
            Fault = e.GetType().Name; // no inotify handles left, no such directory yet, …: the poll goes on
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    /// <summary>Why nothing is watched; null when it is.</summary>
    public string? Fault { get; }

    public void Dispose() => _watcher?.Dispose();
}
