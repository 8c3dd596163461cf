using Akka.Actor;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Credentials;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Time;
using static Proxy.Actors.Accounts.AccountCommands;
using static Proxy.Actors.Accounts.AccountEvents;
using static Proxy.Actors.Accounts.ControlCommands;

namespace Proxy.Actors.Accounts;

/// <summary>
/// One account: wires <see cref="AccountState"/> to messages, the clock, its file and its refresh. What it decides
/// stands there, how it talks in <see cref="AccountCommands"/> and <see cref="AccountEvents"/>.
/// </summary>
internal sealed partial class AccountActor : UntypedActor
{
    private readonly AccountMemory _memory;
    private readonly AccountDefinition _definition;
    private readonly AccountServices _services;
    private readonly CredentialStore _store;
    private readonly TokenRenewal _renewal;
    private readonly ILogger _log;
    private readonly ActorTimers _timers;
    private readonly EarliestWake _wake;
    private readonly StateSaver _saver;
    private readonly UsageAsker _usage;
    private readonly SnapshotPublisher _publisher;
    private readonly Waiters _waiters = new();

    public AccountActor(AccountMemory memory, AccountDefinition definition, IActorRef router, AccountServices services, CredentialStore store, TokenRenewal renewal)
    {
        _memory = memory;
        _definition = definition;
        _services = services;
        _store = store;
        _renewal = renewal;
        _log = services.Logs.CreateLogger("Proxy.Accounts");
        _timers = new ActorTimers(services.Time, Self);
        _wake = new EarliestWake(_timers, services.Time, AccountMessages.Wake.Instance);
        _saver = new StateSaver(services.StateStore, _timers);
        _publisher = new SnapshotPublisher(router, Self, _log);
        _usage = new UsageAsker(services.Usage, memory, Self, _log);
    }

    private AccountState State => _memory.State!;

    private AccountId Id => _memory.Definition.Id;

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    protected override void PreStart()
    {
        AwaitRunning();
        OnDefined(_definition);
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
            case AccountMessages.Changed changed: OnDefined(changed.Definition); break;
            case AccountMessages.Retire: OnRetire(); break;
            case AccountMessages.RefreshDone done: OnRefreshDone(done); break;
            case AccountMessages.Reloaded reloaded: OnDefined(_memory.Definition with { Reading = reloaded.Reading }); break;
            case AccountMessages.UsageAnswered answered: OnUsageAnswered(answered); break;
            case AccountMessages.Wake: OnWake(); break;
            case AccountMessages.SaveDue: _saver.Save(State); break;
            case GiveOrder order: OnOrder(order.Order, Sender); break;
            case Describe: Sender.Tell(AccountDetails.Of(_memory.Definition, AccountViews.Of(State, _waiters.Count, Now)), Self); break;
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
        AwaitRunning();
        if (_memory.Definition.FileName is { } file)
        {
            _ = Task.Run(() => _store.Read(file)).PipeTo(
                Self,
                Self,
                success: read => new AccountMessages.Reloaded(read.Reading),
                failure: e => new AccountMessages.Reloaded(new AuthFileReading.Faulty(AuthFileFault.Unreadable, $"the file can't be read ({e.GetType().Name})")));
            return;
        }

        OnDefined(_memory.Definition);
    }

    protected override void PostStop()
    {
        _timers.Dispose();
        RefuseWaiters();
        _saver.Save(_memory.State);
    }

    private void OnAcquire(Acquire acquire, IActorRef router)
    {
        var now = Now;
        switch (State.Decide(acquire.Model, acquire.Purpose, now, acquire.IsFailover, acquire.Spread))
        {
            case AcquireDecision.Grant grant:
                Grant(acquire, grant.UpstreamModel, router);
                break;
            case AcquireDecision.Refuse refuse:
                Refuse(acquire, refuse.Reason, router);
                break;
            case AcquireDecision.Wait when acquire.Deadline <= now || _waiters.Count >= State.Profile.MaxWaiters:
                Refuse(acquire, new Ineligibility(IneligibilityKind.Refreshing, null, "its token is being refreshed"), router);
                break;
            default:
                _waiters.Add(new PendingAcquire(acquire, router));
                BeginRefreshIfDue(isWanted: true, now);
                Publish();
                _wake.By(acquire.Deadline, now);
                break;
        }
    }

    private void OnObserved(Observed observed)
    {
        var cooldowns = State.Cooldowns;
        Apply(new AccountChange.QuotaObserved(observed.Reading) { At = Now, Lease = observed.Lease });
        _saver.Soon();
        if (!ReferenceEquals(cooldowns, State.Cooldowns) || _publisher.IsOutdatedBy(State.Quota.Outlook))
        {
            Publish();
        }
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
            _saver.Soon();
        }

        Settle(wakeUp: false);
        told.Value.Router.Tell(told.Value.Ended, Self);
    }

    private void OnRelease(Release release)
    {
        _memory.Release(release.Lease);
        Settle(wakeUp: false);
    }

    private void OnDefined(AccountDefinition definition)
    {
        _memory.Define(definition, _services);
        Apply(new AccountChange.RestartEnded());
        Settle(wakeUp: true);
    }

    private void OnRetire()
    {
        Apply(new AccountChange.Retired());
        Settle(wakeUp: false);
    }

    private void OnUsageAnswered(AccountMessages.UsageAnswered answered)
    {
        _usage.Take(answered, Now);
        _saver.Soon();
        Settle(wakeUp: true);
    }

    private void OnWake()
    {
        var now = Now;
        _wake.Woken();
        if (_memory.Expire(now) is > 0 and var lost)
        {
            _log.LogError("{Account}: {Count} leases outlived their requests", State.Profile.Name, lost);
        }

        Settle(wakeUp: true, now);
    }

    private void Grant(Acquire acquire, string upstreamModel, IActorRef router)
    {
        var now = Now;
        var lease = State.ToLease(LeaseId.Next(), acquire, upstreamModel);
        _memory.Granted(new LeaseInFlight(lease.Id, acquire.Ticket, upstreamModel, acquire.Purpose, lease.Generation, now, acquire.RequestDeadline, State.Cooldowns.Sequence), router);
        if (Admission.MayFill(State))
        {
            Publish(); // before the grant, so that the router knows that it was the last one
        }

        router.Tell(new Granted(lease), Self);
        _wake.By(acquire.RequestDeadline + AccountState.LeaseGrace, now);
        BeginRefreshIfDue(isWanted: false, now);
    }

    private void Refuse(Acquire acquire, Ineligibility reason, IActorRef router) =>
        router.Tell(new Refused(Id, acquire.Ticket, reason, State.ToSnapshot(Now)), Self);

    // After a change: refresh if due, tell the router, then those who waited. All by one look at the clock: what falls
    // due between two would be found by neither.
    private void Settle(bool wakeUp, DateTimeOffset? asOf = null)
    {
        var now = asOf ?? Now;
        BeginRefreshIfDue(isWanted: false, now);
        _usage.AskIfDue(now);
        Publish();
        AnswerWaiters(now);
        _wake.By(State.NextWake(now), now);
        if (wakeUp)
        {
            _wake.By(State.NextLeaseEnd(), now);
            _wake.By(_waiters.NextDeadline, now);
        }

        StopWhenDrained();
    }

    private void AnswerWaiters(DateTimeOffset now)
    {
        foreach (var (acquire, router) in _waiters.TakeWhere(w => w.Acquire.Deadline <= now || State.Decide(w.Acquire.Model, w.Acquire.Purpose, now, w.Acquire.IsFailover) is not AcquireDecision.Wait))
        {
            OnAcquire(acquire, router);
        }

        if (_waiters.Count > 0)
        {
            BeginRefreshIfDue(isWanted: true, now);
        }
    }

    private void RefuseWaiters()
    {
        foreach (var (acquire, router) in _waiters.TakeWhere(static _ => true))
        {
            Refuse(acquire, new Ineligibility(IneligibilityKind.Restarting, null, "is being restarted"), router);
        }
    }

    private void Apply(AccountChange change) => _memory.State = State.Apply(change);

    private void Publish() => _publisher.Publish(State, Now);

    private void StopWhenDrained()
    {
        if (State.IsDrained)
        {
            Context.Stop(Self);
        }
    }
}
