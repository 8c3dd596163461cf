using Akka.Actor;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>Its refresh: begun when due, wanted by a request or ordered; one at a time, as a task beside the actor.</summary>
internal sealed partial class AccountActor
{
    private void OnOrder(AccountOrder order, IActorRef asker)
    {
        var decision = OrderRules.Decide(State, order, Now);
        if (decision.Change is { } change)
        {
            Apply(change);
            _saver.Save(State);
            Settle(wakeUp: true);
        }

        if (decision.Answer is { } answer)
        {
            asker.Tell(answer, Self);
            return;
        }

        _memory.RefreshAskers.Add(asker);
        if (_memory.Renewal is null)
        {
            BeginRenewal(saveOnly: false, Now);
            Publish();
        }
    }

    private void OnRefreshDone(AccountMessages.RefreshDone done)
    {
        if (!ReferenceEquals(done.Renewal, _memory.Renewal))
        {
            return; // two incarnations waited for it
        }

        Apply(new AccountChange.RefreshEnded(done.Outcome, Now, _services.Jitter()));
        _memory.Renewal = null; // not before it is applied: a restart on the way there takes it up again
        RenewalLog.Write(_log, State, done.Outcome, Now);
        if (_memory.RenewalOnlySaves && _memory.RefreshAskers.Count > 0)
        {
            BeginRenewal(saveOnly: false, Now); // they asked for a new pair
        }
        else
        {
            _memory.AnswerRefreshAskers(OrderRules.AnswerTo(done.Outcome, State.Token?.Expires), Self);
        }

        Settle(wakeUp: true);
    }

    private void BeginRefreshIfDue(bool isWanted, DateTimeOffset now)
    {
        var isDue = State.ShouldRefresh(now, isWanted);
        if (_memory.Renewal is null && (isDue || State.ShouldSave(now)))
        {
            BeginRenewal(saveOnly: !isDue, now);
        }
    }

    private void BeginRenewal(bool saveOnly, DateTimeOffset now)
    {
        var request = State.ToRenewal(now, saveOnly);
        Apply(new AccountChange.RefreshBegan(now));
        _memory.RenewalOnlySaves = saveOnly;
        _memory.Renewal = _services.Renewals.Run(() => _renewal.RenewAsync(request, CancellationToken.None));
        AwaitRunning();
    }

    // Also after a restart: the incarnation that began it, or its mailbox, may be gone.
    private void AwaitRunning()
    {
        if (_memory.Renewal is { } running)
        {
            _ = running.PipeTo(
                Self,
                Self,
                success: outcome => new AccountMessages.RefreshDone(running, outcome),
                failure: e => new AccountMessages.RefreshDone(running, new RenewalOutcome.Temporary($"the refresh failed ({e.GetType().Name})")));
        }
    }
}
