using System.Collections.Concurrent;

namespace Proxy.Actors.Credentials;

/// <summary>
/// The renewals under way. They run beside the actors and outlive them; who takes the network away waits for them
/// first, for a refresh that is cut off after the provider rotated the token costs the owner the login. Thread-safe.
/// </summary>
public sealed class RunningRenewals
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>Runs one on the thread pool.</summary>
    public Task<RenewalOutcome> Run(Func<Task<RenewalOutcome>> renew) => Keep(Task.Run(renew));

    /// <summary>Runs an edit of an auth file on the thread pool: it is waited for like a renewal.</summary>
    public Task Run(Func<Task> edit) => Keep(Task.Run(edit));

    private TTask Keep<TTask>(TTask running)
        where TTask : Task
    {
        _running[running] = true;
        _ = running.ContinueWith(ended => _running.TryRemove(ended, out _), TaskScheduler.Default);
        return running;
    }

    /// <summary>Completes when those that run now have ended, however they did.</summary>
    public async Task WhenEnded() => await Task.WhenAll(_running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
