using Akka.Actor;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Credentials;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Time;
using static Proxy.Actors.Accounts.AccountCommands;
using static Proxy.Actors.Accounts.AccountEvents;

namespace Proxy.Actors.Accounts;

/// <summary>
/// One account: wires <see cref="AccountState"/> to messages, the clock, its file and its refresh. What it decides
/// stands there, how it talks in <see cref="AccountCommands"/> and <see cref="AccountEvents"/>.
/// </summary>
internal sealed class AccountActor : UntypedActor
{
    private const string WakeTimer = "wake";
    private const string SaveTimer = "save";
    private static readonly TimeSpan ShortestWake = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveDelay = TimeSpan.FromSeconds(1);

    private readonly AccountMemory _memory;
    private readonly AccountDefinition _definition;
    private readonly IActorRef _router;
    private readonly AccountServices _services;
    private readonly CredentialStore _store;
    private readonly TokenRenewal _renewal;
    private readonly ILogger _log;
    private readonly ActorTimers _timers;
    private readonly Waiters _waiters = new();
    private AccountSnapshot? _published;
    private DateTimeOffset? _wakeAt;

    public AccountActor(AccountMemory memory, AccountDefinition definition, IActorRef router, AccountServices services, CredentialStore store, TokenRenewal renewal)
    {
        _memory = memory;
        _definition = definition;
        _router = router;
        _services = services;
        _store = store;
        _renewal = renewal;
        _log = services.Logs.CreateLogger("Proxy.Accounts");
        _timers = new ActorTimers(services.Time, Self);
    }

    private AccountState State => _memory.State!;

    private AccountId Id => _memory.Definition.Id;

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    protected override void PreStart()
    {
        Redefine(_definition);
        if (_memory.Renewal is { } running)
        {
            Await(running); // begun by an incarnation that is gone
        }

        Apply(new AccountChange.RestartEnded());
        Settle(wakeUp: true);
        Context.Parent.Tell(new AccountMessages.Started(Id), Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Acquire acquire: OnAcquire(acquire, Sender); break;
            case Observed observed: OnObserved(observed); break;
            case LeaseEnded ended: OnLeaseEnded(ended); break;
            case Release release: OnRelease(release); break;
            case AccountMessages.Changed changed: OnChanged(changed.Definition); break;
            case AccountMessages.Retire: OnRetire(); break;
            case AccountMessages.RefreshDone done: OnRefreshDone(done.Outcome); break;
            case AccountMessages.Reloaded reloaded: OnReloaded(reloaded.File); break;
            case AccountMessages.Wake: OnWake(); break;
            case AccountMessages.SaveDue: Save(); break;
            case GetState: Sender.Tell(AccountViews.Of(State, _waiters.Count, Now), Self); break;
            default: Unhandled(message); break;
        }
    }

    protected override void PreRestart(Exception reason, object message)
    {
        Apply(new AccountChange.RestartBegan());
        Publish();
        RefuseWaiters();
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        if (_memory.Definition.FileName is { } file)
        {
            _ = Task.Run(() => _store.Read(file)).PipeTo(Self, Self, success: read => new AccountMessages.Reloaded(read));
            return;
        }

        Apply(new AccountChange.RestartEnded());
        Settle(wakeUp: true);
    }

    protected override void PostStop()
    {
        _timers.Dispose();
        RefuseWaiters();
        Save();
    }

    private void OnAcquire(Acquire acquire, IActorRef router)
    {
        switch (State.Decide(acquire.Model, acquire.Purpose, Now))
        {
            case AcquireDecision.Grant grant:
                Grant(acquire, grant.UpstreamModel, router);
                break;
            case AcquireDecision.Refuse refuse:
                Refuse(acquire, refuse.Reason, router);
                break;
            case AcquireDecision.Wait when acquire.Deadline <= Now || _waiters.Count >= State.Profile.MaxWaiters:
                Refuse(acquire, new Ineligibility(IneligibilityKind.Refreshing, null, "its token is being refreshed"), router);
                break;
            default:
                _waiters.Add(new PendingAcquire(acquire, router));
                BeginRefreshIfDue(isWanted: true);
                Publish();
                WakeBy(acquire.Deadline);
                break;
        }
    }

    private void OnObserved(Observed observed)
    {
        Apply(new AccountChange.QuotaObserved(observed.Reading));
        SaveSoon();
    }

    private void OnLeaseEnded(LeaseEnded ended)
    {
        var cooldowns = State.Cooldowns;
        var told = _memory.End(ended, Now);
        if (told is null)
        {
            return; // told twice, released or expired before
        }

        if (!ReferenceEquals(cooldowns, State.Cooldowns))
        {
            SaveSoon();
        }

        Settle(wakeUp: false);
        told.Value.Router.Tell(told.Value.Ended, Self);
        StopWhenDrained();
    }

    private void OnRelease(Release release)
    {
        _memory.Release(release.Lease);
        StopWhenDrained();
    }

    private void OnChanged(AccountDefinition definition)
    {
        Redefine(definition);
        Settle(wakeUp: true);
    }

    private void OnReloaded(StoredFile file)
    {
        Redefine(_memory.Definition with { Reading = file.Reading });
        Apply(new AccountChange.RestartEnded());
        Settle(wakeUp: true);
    }

    private void OnRetire()
    {
        Apply(new AccountChange.Retired());
        Settle(wakeUp: false);
        StopWhenDrained();
    }

    private void OnRefreshDone(RenewalOutcome outcome)
    {
        _memory.Renewal = null;
        Apply(new AccountChange.RefreshEnded(outcome, Now, _services.Jitter()));
        RenewalLog.Write(_log, State, outcome);
        Settle(wakeUp: true);
        StopWhenDrained();
    }

    private void OnWake()
    {
        _wakeAt = null;
        if (_memory.Expire(Now) is > 0 and var lost)
        {
            _log.LogError("{Account}: {Count} leases outlived their requests", Id, lost);
        }

        Settle(wakeUp: true);
        StopWhenDrained();
    }

    private void Grant(Acquire acquire, string upstreamModel, IActorRef router)
    {
        var lease = State.ToLease(LeaseId.Next(), acquire, upstreamModel);
        _memory.Granted(new LeaseInFlight(lease.Id, acquire.Ticket, upstreamModel, acquire.Purpose, lease.Generation, Now, acquire.RequestDeadline, State.Cooldowns.Sequence), router);
        router.Tell(new Granted(lease), Self);
        WakeBy(acquire.RequestDeadline + AccountState.LeaseGrace);
        BeginRefreshIfDue(isWanted: false);
    }

    private void Refuse(Acquire acquire, Ineligibility reason, IActorRef router) =>
        router.Tell(new Refused(Id, acquire.Ticket, reason, State.ToSnapshot(Now)), Self);

    // After a change: refresh if due, tell the router, then those who waited.
    private void Settle(bool wakeUp)
    {
        BeginRefreshIfDue(isWanted: false);
        Publish();
        AnswerWaiters();
        var now = Now;
        WakeBy(State.NextWake(now));
        if (wakeUp)
        {
            WakeBy(State.NextLeaseEnd());
            WakeBy(_waiters.NextDeadline);
        }
    }

    private void AnswerWaiters()
    {
        foreach (var (acquire, router) in _waiters.TakeWhere(w => w.Acquire.Deadline <= Now || State.Decide(w.Acquire.Model, w.Acquire.Purpose, Now) is not AcquireDecision.Wait))
        {
            OnAcquire(acquire, router);
        }

        if (_waiters.Count > 0)
        {
            BeginRefreshIfDue(isWanted: true);
        }
    }

    private void RefuseWaiters()
    {
        foreach (var (acquire, router) in _waiters.TakeWhere(static _ => true))
        {
            Refuse(acquire, new Ineligibility(IneligibilityKind.Restarting, null, "is being restarted"), router);
        }
    }

    private void BeginRefreshIfDue(bool isWanted)
    {
        var now = Now;
        var mustSave = State.ShouldSave(now);
        if (_memory.Renewal is not null || !(State.ShouldRefresh(now, isWanted) || mustSave))
        {
            return;
        }

        var request = State.ToRenewal(now, saveOnly: mustSave && !State.ShouldRefresh(now, isWanted));
        Apply(new AccountChange.RefreshBegan(now));
        _memory.Renewal = Task.Run(() => _renewal.RenewAsync(request, CancellationToken.None));
        Await(_memory.Renewal);
    }

    private void Await(Task<RenewalOutcome> renewal) =>
        _ = renewal.PipeTo(
            Self,
            Self,
            success: outcome => new AccountMessages.RefreshDone(outcome),
            failure: e => new AccountMessages.RefreshDone(new RenewalOutcome.Temporary($"the refresh failed ({e.GetType().Name})")));

    private void Redefine(AccountDefinition definition) => _memory.Define(definition, _services);

    private void Apply(AccountChange change) => _memory.State = State.Apply(change);

    private void Publish()
    {
        var snapshot = State.ToSnapshot(Now);
        if (_published is null || !snapshot.MeansTheSameAs(_published))
        {
            _published = snapshot;
            _router.Tell(new SnapshotChanged(snapshot), Self);
        }
    }

    private void StopWhenDrained()
    {
        if (State.IsDrained)
        {
            Context.Stop(Self);
        }
    }

    private void WakeBy(DateTimeOffset? at)
    {
        if (at is { } when && !(_wakeAt <= when))
        {
            var now = Now;
            var next = when < now + ShortestWake ? now + ShortestWake : when;
            _wakeAt = next;
            _timers.At(WakeTimer, next, AccountMessages.Wake.Instance);
        }
    }

    private void SaveSoon()
    {
        if (_services.StateStore is not null && !_timers.IsArmed(SaveTimer))
        {
            _timers.Single(SaveTimer, SaveDelay, AccountMessages.SaveDue.Instance);
        }
    }

    private void Save()
    {
        _timers.Cancel(SaveTimer);
        if (_memory.State is { } state)
        {
            _services.StateStore?.Save(Id, AccountStateJson.Write(state));
        }
    }
}
