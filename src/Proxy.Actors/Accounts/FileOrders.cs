using Akka.Actor;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>
/// Runs orders that change auth files as tasks beside AccountsActor, those of one account one after the other, and tells
/// it how each ended. Used by AccountsActor alone.
/// </summary>
/// <param name="store">The files.</param>
/// <param name="running">Who stops the engine waits for these tasks.</param>
/// <param name="owner">Told <see cref="Switched"/> and <see cref="Deleted"/>.</param>
internal sealed class FileOrders(CredentialStore store, RunningRenewals running, IActorRef owner)
{
    private readonly AuthFileEdits _edits = new(store);
    private readonly Dictionary<AccountId, Task> _last = [];

    /// <summary>Pauses or resumes an account in its file.</summary>
    public void Switch(AccountId account, string fileName, bool isPaused, IActorRef asker) => Run(account, async () =>
        owner.Tell(new Switched(account, isPaused, await _edits.SetDisabledAsync(account.Value, fileName, isPaused, CancellationToken.None).ConfigureAwait(false), asker), owner));

    /// <summary>Deletes an account's file, unless it holds another login than the one that is to go.</summary>
    public void Delete(AccountId account, string fileName, string? knownPair) => Run(account, async () =>
        owner.Tell(new Deleted(account, await _edits.DeleteAsync(account.Value, fileName, knownPair, CancellationToken.None).ConfigureAwait(false)), owner));

    // The owner is told before the next begins, so that it hears of them in their order.
    private void Run(AccountId account, Func<Task> edit)
    {
        foreach (var ended in _last.Where(l => l.Value.IsCompleted).Select(l => l.Key).ToArray())
        {
            _last.Remove(ended);
        }

        var before = _last.GetValueOrDefault(account, Task.CompletedTask);
        _last[account] = running.Run(async () =>
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await edit().ConfigureAwait(false);
        });
    }

    /// <summary>An account's file was switched, or not.</summary>
    internal sealed record Switched(AccountId Account, bool IsPaused, AuthFileEdit Edit, IActorRef Asker);

    /// <summary>An account's file was deleted, or not.</summary>
    internal sealed record Deleted(AccountId Account, AuthFileEdit Edit);
}
