using System.Collections.Concurrent;

namespace Proxy.Actors.Credentials;

/// <summary>
/// The renewals under way. They run beside the actors and outlive them; who takes the network away waits for them
/// first, for a refresh that is cut off after the provider rotated the token costs the owner the login. Thread-safe.
/// </summary>
/// <param name="scheduler">Where they begin; null = the thread pool.</param>
public sealed class RunningRenewals(TaskScheduler? scheduler = null)
{
    private readonly TaskScheduler _scheduler = scheduler ?? TaskScheduler.Default;
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>Runs one beside its caller.</summary>
    public Task<RenewalOutcome> Run(Func<Task<RenewalOutcome>> renew) =>
        Keep(Task.Factory.StartNew(renew, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap());

    /// <summary>Runs an edit of an auth file beside its caller: it is waited for like a renewal.</summary>
    public Task Run(Func<Task> edit) =>
        Keep(Task.Factory.StartNew(edit, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap());

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
