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
    private readonly IActorRef _router;
    private readonly AccountServices _services;
    private readonly CredentialStore _store;
    private readonly TokenRenewal _renewal;
    private readonly ILogger _log;
    private readonly ActorTimers _timers;
    private readonly LinkedList<PendingAcquire> _waiters = [];
    private AccountSnapshot? _published;
    private DateTimeOffset? _wakeAt;

    public AccountActor(AccountMemory memory, IActorRef router, AccountServices services, CredentialStore store, TokenRenewal renewal)
    {
        _memory = memory;
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
        var isNew = _memory.State is null;
        Redefine(_memory.Definition);
        if (isNew)
        {
            _memory.State = AccountStateJson.Recall(State, _services.StateStore?.Load(Id));
        }

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
                _waiters.AddLast(new PendingAcquire(acquire, router));
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
        Log(outcome);
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
        var (profile, token, now) = (State.Profile, State.Token!, Now);
        var lease = new Lease
        {
            Id = LeaseId.Next(),
            Ticket = acquire.Ticket,
            Account = Id,
            Label = profile.Label,
            Provider = profile.Provider,
            Kind = profile.Kind,
            BaseUrl = profile.BaseUrl,
            UpstreamModel = upstreamModel,
            IsOAuth = profile.IsOAuth,
            Token = token.Access,
            Generation = token.Generation,
            ChatGptAccountId = profile.ChatGptAccountId,
            Headers = profile.Headers,
            ProxyUrl = profile.Route.ProxyUrl,
            NoProxy = profile.Route.NoProxy,
            SystemPreamble = profile.SystemPreamble,
            Purpose = acquire.Purpose,
        };
        _memory.Granted(new LeaseInFlight(lease.Id, acquire.Ticket, upstreamModel, acquire.Purpose, token.Generation, now, acquire.RequestDeadline, State.Cooldowns.Sequence), router);
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
            WakeBy(_waiters.Count == 0 ? null : _waiters.Min(w => w.Acquire.Deadline));
        }
    }

    private void AnswerWaiters()
    {
        for (var node = _waiters.First; node is not null;)
        {
            var (waiter, next) = (node.Value, node.Next);
            var decision = State.Decide(waiter.Acquire.Model, waiter.Acquire.Purpose, Now);
            if (decision is AcquireDecision.Wait && waiter.Acquire.Deadline > Now)
            {
                BeginRefreshIfDue(isWanted: true);
            }
            else
            {
                _waiters.Remove(node);
                OnAcquire(waiter.Acquire, waiter.Router);
            }

            node = next;
        }
    }

    private void RefuseWaiters()
    {
        foreach (var (acquire, router) in _waiters)
        {
            Refuse(acquire, new Ineligibility(IneligibilityKind.Restarting, null, "is being restarted"), router);
        }

        _waiters.Clear();
    }

    private void BeginRefreshIfDue(bool isWanted)
    {
        var now = Now;
        var mustSave = State.ShouldSave(now);
        if (_memory.Renewal is not null || !(State.ShouldRefresh(now, isWanted) || mustSave))
        {
            return;
        }

        var (profile, token) = (State.Profile, State.Token!);
        var request = new RenewalRequest
        {
            AccountId = Id.Value,
            FileName = profile.FileName!,
            Known = token.Pair!,
            Superseded = token.Superseded,
            Endpoint = profile.TokenEndpoint!,
            Route = profile.Route,
            IsUrgent = !token.IsUsable(now),
            SaveOnly = mustSave && !State.ShouldRefresh(now, isWanted),
        };
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

    private void Redefine(AccountDefinition definition)
    {
        _memory.Definition = definition;
        var defined = new AccountChange.Defined(
            AccountProfile.From(definition, _services.Catalogue),
            (definition.Reading as AuthFileReading.Loaded)?.File,
            definition.Entry is { ApiKey.Length: > 0 } entry ? new Secret(entry.ApiKey) : null,
            Now,
            _services.Jitter());
        _memory.State = _memory.State is { } state ? state.Apply(defined) : AccountState.From(defined);
    }

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

    private void Log(RenewalOutcome outcome)
    {
        switch (outcome)
        {
            case RenewalOutcome.Renewed { NotSaved: { } fault }:
                _log.LogError("{Account}: has a new token that is not saved: {Fault}", Id, fault);
                break;
            case RenewalOutcome.Renewed { CalledProvider: true }:
                _log.LogInformation("{Account}: token refreshed, good until {Expires:u}", Id, State.Token!.Expires);
                break;
            case RenewalOutcome.Refused refused:
                _log.LogError("{Account}: needs a login: {Reason}", Id, refused.Reason);
                break;
            case RenewalOutcome.Renewed:
                break;
            default:
                _log.LogWarning("{Account}: token not refreshed: {Reason}; next try at {NextTry:u}", Id, State.Refresh.Reason, State.Refresh.NextTry);
                break;
        }
    }

    private sealed record PendingAcquire(Acquire Acquire, IActorRef Router);
}
