using Akka.Actor;
using Microsoft.Extensions.Logging;
using static Proxy.Actors.Accounts.ControlCommands;

namespace Proxy.Actors.Accounts;

/// <summary>
/// Orders of the owner. What changes an auth file is done here, for the file outlives the account's actor; the rest is
/// the account's own. A removal lets the account drain, then deletes its file; where the program is stopped before, the
/// file is deleted at the stop.
/// </summary>
public sealed partial class AccountsActor
{
    private void OnOrder(GiveOrder order, IActorRef asker)
    {
        var id = order.AccountId;
        if (!_children.TryGetValue(id, out var child))
        {
            asker.Tell(OrderOutcome.NotFound, Self);
        }
        else if (order.Order == AccountOrder.Remove)
        {
            Remove(child, asker);
        }
        else if (order.Order is AccountOrder.Pause or AccountOrder.Resume && child is { Wanted.FileName: { } file, IsRetiring: false })
        {
            _orders.Switch(id, file, order.Order == AccountOrder.Pause, asker);
        }
        else
        {
            OnForChild(order);
        }
    }

    private void OnSwitched(FileOrders.Switched switched)
    {
        // The account is told before the owner is: who asks it next sees it so.
        _files.Put(switched.Edit.File);
        Reconcile();
        switched.Asker.Tell(FileOrderWords.Switched(switched.Edit, switched.IsPaused), Self);
    }

    private void Remove(AccountChild child, IActorRef asker)
    {
        if (child.Wanted.Entry is { } entry)
        {
            asker.Tell(FileOrderWords.IsEntry(entry), Self);
            return;
        }

        if (child.Removal is { } ordered)
        {
            ordered.Add(asker);
            return;
        }

        _log.LogInformation("{Account}: takes no new requests and is removed by command as soon as those in flight are done", AccountProfile.From(child.Wanted, _services.Catalogue).Name);
        (child.Removal, child.IsRetiring) = ([asker], true);
        if (child.Actor is { } actor)
        {
            actor.Tell(AccountMessages.Retire.Instance, Self);
        }
        else
        {
            DeleteFile(child);
        }
    }

    private void DeleteFile(AccountChild child)
    {
        var id = child.Wanted.Id;
        _timers.Cancel($"recreate {id}");
        _directory.Remove(id);
        _router.Tell(new AccountEvents.AccountGone(id), Self);
        _orders.Delete(id, child.Wanted.FileName!, PairToGo(child));
    }

    private void OnDeleted(FileOrders.Deleted deleted)
    {
        if (!_children.TryGetValue(deleted.Account, out var child) || child.Removal is not { } askers)
        {
            return;
        }

        var answer = FileOrderWords.Deleted(deleted.Edit, child.Wanted.FileName!);
        _files.Put(deleted.Edit.File);
        if (deleted.Edit.Fault is { } fault)
        {
            _log.LogError("{Account}: is not removed: {Fault}", AccountProfile.From(child.Wanted, _services.Catalogue).Name, fault);
            (child.Removal, child.IsRetiring) = (null, false);
            Create(child);
        }
        else
        {
            _log.LogInformation("{Account}: removed, its file is deleted", AccountProfile.From(child.Wanted, _services.Catalogue).Name);
            _children.Remove(deleted.Account);
        }

        Reconcile();
        askers.ForEach(a => a.Tell(answer, Self));
    }

    private void FinishRemovals()
    {
        foreach (var child in _children.Values.Where(c => c.Removal is not null))
        {
            _orders.Delete(child.Wanted.Id, child.Wanted.FileName!, PairToGo(child));
        }
    }

    // A pair that could not be saved is not the one in the file, which goes all the same. That of a link changes with
    // the other program's file.
    private static string? PairToGo(AccountChild child) =>
        child.Memory.State is { Profile.IsLinked: false, Token: { Pair: { } pair, NotSaved: null } } ? pair.Fingerprint : null;
}
