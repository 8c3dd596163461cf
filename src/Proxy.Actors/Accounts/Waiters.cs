using Akka.Actor;

namespace Proxy.Actors.Accounts;

/// <summary>An Acquire that waits behind a refresh, and who asked.</summary>
internal sealed record PendingAcquire(AccountCommands.Acquire Acquire, IActorRef Router);

/// <summary>The bounded list of Acquires that wait behind a refresh, first come first served. Used by one actor alone.</summary>
internal sealed class Waiters
{
    private List<PendingAcquire> _waiting = [];

    public int Count => _waiting.Count;

    /// <summary>When the first of them runs out of patience; null when nobody waits.</summary>
    public DateTimeOffset? NextDeadline => _waiting.Count == 0 ? null : _waiting.Min(w => w.Acquire.Deadline);

    public void Add(PendingAcquire waiter) => _waiting.Add(waiter);

    /// <summary>Takes out all for whom <paramref name="isOver"/> holds, in order.</summary>
    public IReadOnlyList<PendingAcquire> TakeWhere(Func<PendingAcquire, bool> isOver)
    {
        if (_waiting.Count == 0)
        {
            return [];
        }

        var over = _waiting.ToLookup(isOver);
        _waiting = [.. over[false]];
        return [.. over[true]];
    }
}
