using Microsoft.Extensions.Logging;

namespace Proxy.Host.Configuration;

/// <summary>
/// Notices that the file changed. The directory is watched, not the file: editors replace it by a rename. A poll backs
/// the watcher up where the file system tells nothing (network mounts, containers).
/// </summary>
internal sealed class ConfigurationWatcher : IAsyncDisposable
{
    /// <summary>An editor's several writes are one change.</summary>
    public static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(150);

    /// <summary>How often the file is looked at anyway.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Func<string, Task> _changed;
    private readonly ILogger _log;
    private readonly FileSystemWatcher? _watcher;
    private readonly ITimer _debounce;
    private readonly ITimer _poll;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private (DateTime Written, long Length) _stamp;
    private string? _lastText;
    private string? _lastTrouble;

    /// <summary>Starts watching.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its content as it was read last.</param>
    /// <param name="time">The clock of debounce and poll.</param>
    /// <param name="changed">Told each new content, one after the other.</param>
    /// <param name="log">Told when the file is gone, once.</param>
    public ConfigurationWatcher(string path, string text, TimeProvider time, Func<string, Task> changed, ILogger log)
    {
        _path = Path.GetFullPath(path);
        _lastText = text;
        _changed = changed;
        _log = log;
        _stamp = Stamp();
        _debounce = time.CreateTimer(static self => _ = ((ConfigurationWatcher)self!).LookAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _poll = time.CreateTimer(static self => ((ConfigurationWatcher)self!).Poll(), this, PollInterval, PollInterval);
        _watcher = Watch();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _watcher?.Dispose();
        await _poll.DisposeAsync();
        await _debounce.DisposeAsync();
        await _one.WaitAsync(CancellationToken.None);
        _one.Dispose();
        _stop.Dispose();
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!, Path.GetFileName(_path))
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime,
            };
            watcher.Changed += (_, _) => Arm();
            watcher.Created += (_, _) => Arm();
            watcher.Deleted += (_, _) => Arm();
            watcher.Renamed += (_, _) => Arm();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception none) when (none is IOException or ArgumentException or PlatformNotSupportedException)
        {
            _log.LogDebug("The directory of {File} can't be watched ({Reason}); it is looked at every second", _path, none.Message);
            return null;
        }
    }

    private void Arm() => _debounce.Change(Debounce, Timeout.InfiniteTimeSpan);

    private void Poll()
    {
        var stamp = Stamp();
        if (stamp != _stamp)
        {
            _stamp = stamp;
            Arm();
        }
    }

    private (DateTime Written, long Length) Stamp()
    {
        var file = new FileInfo(_path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    private async Task LookAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _one.WaitAsync(CancellationToken.None);
        try
        {
            var look = ConfigurationFile.Look(_path);
            if (look.Trouble is { } trouble && trouble != _lastTrouble)
            {
                _log.LogWarning("{File} {Trouble}: the last good configuration stays in force", Path.GetFileName(_path), trouble);
            }

            _lastTrouble = look.Trouble;

            // An empty file is a write in the middle: the next event or poll brings the rest.
            if (!string.IsNullOrWhiteSpace(look.Text) && look.Text != _lastText)
            {
                _lastText = look.Text;
                await _changed(look.Text);
            }
        }
        catch (Exception bug)
        {
            _log.LogError(bug, "{File} could not be applied: the last good configuration stays in force", Path.GetFileName(_path));
        }
        finally
        {
            _one.Release();
        }
    }
}
