using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Proxy.Actors.Accounts;

/// <summary>What becomes of a child that failed or stopped.</summary>
public sealed partial class AccountsActor
{
    private Directive OnChildFailed(Exception failure)
    {
        // In a decider the sender is the child that failed.
        var child = _children.Values.FirstOrDefault(c => Sender.Equals(c.Actor));
        var directive = child?.OnFailure(Now) ?? Directive.Stop;
        // The message of an unexpected exception may quote anything: type and place will do.
        _log.LogError("{Account}: {Directive} after {Exception}\n{Place}", Sender.Path.Name, directive, failure.GetType().Name, failure.StackTrace);
        return directive;
    }

    private void OnChildStopped(ChildStopped stopped)
    {
        var (id, actor) = stopped;
        if (!_children.TryGetValue(id, out var child) || !actor.Equals(child.Actor))
        {
            return;
        }

        child.Actor = null;
        _starting.Remove(id);
        if (child.Removal is not null)
        {
            DeleteFile(child);
        }
        else if (child.IsRetiring)
        {
            Forget(id);
        }
        else if (child.Memory.State is { IsRetiring: true })
        {
            Create(child); // it was wanted again while it stopped
        }
        else
        {
            var pause = child.Pause(Now);
            _directory.Set(id, Self);
            if (child.Memory.State is not null)
            {
                _router.Tell(new AccountEvents.SnapshotChanged(child.Snapshot(Now)), Self);
            }

            _timers.Single($"recreate {id}", pause, new Recreate(id));
        }

        AnswerReady();
    }

    private void OnRecreate(AccountId id)
    {
        if (_children.TryGetValue(id, out var child) && child.Actor is null)
        {
            Create(child);
        }
    }
}
