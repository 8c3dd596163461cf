using System.Collections.Concurrent;
using Akka.Actor;

namespace Proxy.Actors.Accounts;

/// <summary>
/// Where the actor of an account is now. Written by AccountsActor alone, read by router and relay: an actor that was
/// stopped and recreated is found under the same id, so that the end of an old lease still reaches its account.
/// </summary>
public sealed class AccountDirectory
{
    private readonly ConcurrentDictionary<AccountId, IActorRef> _actors = new();

    /// <summary>Publishes the actor of an account.</summary>
    public void Set(AccountId account, IActorRef actor) => _actors[account] = actor;

    /// <summary>Forgets an account.</summary>
    public void Remove(AccountId account) => _actors.TryRemove(account, out _);

    /// <summary>The actors of all accounts now.</summary>
    public IReadOnlyCollection<KeyValuePair<AccountId, IActorRef>> All() => [.. _actors];

    /// <summary>Tells the account's actor.</summary>
    /// <returns>False when there is no such account (any more).</returns>
    public bool Tell(IWithAccountId message, IActorRef sender)
    {
        if (!_actors.TryGetValue(message.AccountId, out var actor))
        {
            return false;
        }

        actor.Tell(message, sender);
        return true;
    }
}
