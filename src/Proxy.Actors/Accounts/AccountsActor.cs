using Akka.Actor;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Time;

namespace Proxy.Actors.Accounts;

/// <summary>
/// The set of accounts: one child for each file of the auth directory and each API key of the configuration. Reconciles
/// children with both, supervises them, and stands in for a child that it stopped for a while.
/// </summary>
public sealed partial class AccountsActor : UntypedActor
{
    private const string PollTimer = "poll";
    private const string TouchTimer = "touch";
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(100);

    private readonly IActorRef _router;
    private readonly AccountDirectory _directory;
    private readonly AccountServices _services;
    private readonly ILogger _log;
    private readonly ActorTimers _timers;
    private readonly Dictionary<AccountId, AccountChild> _children = [];
    private readonly HashSet<AccountId> _starting = [];
    private readonly List<IActorRef> _awaitingReady = [];
    private readonly AccountFiles _files;
    private readonly ClockJumps _jumps;
    private readonly FileOrders _orders;
    private readonly FilesLog _filesLog;
    private ProxyConfiguration _configuration;
    private ProxyConfiguration? _inForce;
    private bool _hasReconciled;

    /// <summary>Made by <see cref="Props"/>; public because Akka makes actors by reflection.</summary>
    public AccountsActor(ProxyConfiguration configuration, IActorRef router, AccountDirectory directory, AccountServices services)
    {
        (_configuration, _router, _directory, _services) = (configuration, router, directory, services);
        _log = services.Logs.CreateLogger("Proxy.Accounts");
        _timers = new ActorTimers(services.Time, Self);
        _files = new AccountFiles(configuration, services, Self);
        _jumps = new ClockJumps(services.Time);
        _filesLog = new FilesLog(_log);
        _orders = new FileOrders(_files.Store, services.Renewals, Self);
    }

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    /// <summary>The actor's props; its name is <c>accounts</c>.</summary>
    public static Props Props(ProxyConfiguration configuration, IActorRef router, AccountDirectory directory, AccountServices services) =>
        Akka.Actor.Props.Create(() => new AccountsActor(configuration, router, directory, services));

    /// <inheritdoc />
    protected override void PreStart()
    {
        _timers.Periodic(PollTimer, Poll, FilesTouched.Poll);
        _files.Look();
    }

    /// <inheritdoc />
    protected override void PreRestart(Exception reason, object message)
    {
        if (_inForce is { } newest)
        {
            Self.Tell(new AccountsCommands.Reconfigure(newest), Self); // the next incarnation is made of the one that we started with
        }

        base.PreRestart(reason, message);
    }

    /// <inheritdoc />
    protected override void PostStop()
    {
        _timers.Dispose();
        _files.Dispose();
        foreach (var id in _children.Keys)
        {
            _directory.Remove(id); // the children stop with us
        }

        FinishRemovals();
    }

    /// <inheritdoc />
    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(-1, Timeout.Infinite, OnChildFailed);

    /// <inheritdoc />
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case FilesTouched touched: OnTouched(touched); break;
            case AccountFiles.Looked looked: OnLooked(looked); break;
            case AccountMessages.Started started: OnStarted(started.AccountId); break;
            case ChildStopped stopped: OnChildStopped(stopped); break;
            case Recreate recreate: OnRecreate(recreate.AccountId); break;
            case AccountsCommands.Reconfigure reconfigure: OnReconfigure(reconfigure.Configuration); break;
            case AccountsCommands.AwaitReady: OnAwaitReady(Sender); break;
            case GetState: Sender.Tell(AccountsView.Of(_configuration, _files, _children), Self); break;
            case ControlCommands.GiveOrder order: OnOrder(order, Sender); break;
            case FileOrders.Switched switched: OnSwitched(switched); break;
            case FileOrders.Deleted deleted: OnDeleted(deleted); break;
            case IWithAccountId forChild: OnForChild(forChild); break;
            default: Unhandled(message); break;
        }
    }

    private void OnTouched(FilesTouched touched)
    {
        if (touched.IsPoll)
        {
            WakeIfClockWasSet();
            _timers.Cancel(TouchTimer);
            _files.Look();
        }
        else if (!_timers.IsArmed(TouchTimer))
        {
            // Editors and tools touch a file several times; the first event starts the wait and later ones don't prolong it.
            _timers.Single(TouchTimer, Debounce, FilesTouched.Poll);
        }
    }

    private void WakeIfClockWasSet()
    {
        if (_jumps.Take() is { } jump)
        {
            _log.LogInformation("the clock was set by {Seconds:0} s; every account looks at it", jump.TotalSeconds);
            foreach (var child in _children.Values)
            {
                child.Actor?.Tell(AccountMessages.Wake.Instance, Self);
            }
        }
    }

    private void OnLooked(AccountFiles.Looked looked)
    {
        if (!_files.Accept(looked))
        {
            return; // begun before we were restarted
        }

        Reconcile();
        _filesLog.Write(_files);
        if (_files.HasSuspects && !_timers.IsArmed(TouchTimer))
        {
            _timers.Single(TouchTimer, Debounce, FilesTouched.Poll);
        }
    }

    private void OnReconfigure(ProxyConfiguration configuration)
    {
        _configuration = configuration; // its directories are those of the start: they change by a restart of the program only
        Reconcile();
        _inForce = configuration;
    }

    private void Reconcile()
    {
        var wanted = _files.Definitions(_configuration, fileName => _children.Values.FirstOrDefault(c => c.Wanted.FileName == fileName)?.Wanted.Provider)
            .Concat(_configuration.ApiKeyAccounts.Select(e => (Definition: AccountDefinition.OfEntry(e, _configuration), Hash: (string?)null)))
            .DistinctBy(d => d.Definition.Id)
            .ToDictionary(d => d.Definition.Id);
        foreach (var (id, (definition, hash)) in wanted)
        {
            if (!_children.TryGetValue(id, out var child))
            {
                var profile = AccountProfile.From(definition, _services.Catalogue);
                _log.Log(
                    profile.Broken is null ? LogLevel.Information : LogLevel.Warning,
                    "{Account}: added{Remark}", profile.Name, profile.Broken is { } broken ? $", but can't be used: {broken} ({MaskedMail.In(definition.FileName ?? string.Empty)})" : profile.IsPaused ? ", but disabled in its file" : string.Empty);
                _children[id] = child = new AccountChild(new AccountMemory(definition)) { Hash = hash };
                Create(child);
            }
            else if (child.Removal is null && (child.IsRetiring || child.Hash != hash || !ReferenceEquals(child.Wanted.Configuration, _configuration)))
            {
                (child.Hash, child.IsRetiring, child.Wanted) = (hash, false, definition);
                child.Actor?.Tell(new AccountMessages.Changed(definition), Self);
            }
        }

        foreach (var (id, child) in _children.Where(c => !wanted.ContainsKey(c.Key) && !c.Value.IsRetiring).ToArray())
        {
            _log.LogInformation("{Account}: removed{Remark}", AccountProfile.From(child.Wanted, _services.Catalogue).Name, child.Actor is null ? string.Empty : ", as soon as its requests are done");
            child.IsRetiring = true;
            if (child.Actor is null)
            {
                Forget(id);
            }
            else
            {
                child.Actor.Tell(AccountMessages.Retire.Instance, Self);
            }
        }

        _hasReconciled |= _files.HasLooked;
        AnswerReady();
    }

    private void Create(AccountChild child)
    {
        var (memory, router, services, store, renewal) = (child.Memory, _router, _services, _files.Store, _files.Renewal);
        var (definition, id) = (child.Wanted, child.Wanted.Id);
        var actor = Context.ActorOf(Akka.Actor.Props.Create(() => new AccountActor(memory, definition, router, services, store, renewal)), id.Value);
        Context.WatchWith(actor, new ChildStopped(id, actor));
        child.Resumed(actor);
        _starting.Add(id);
        _directory.Set(id, actor);
    }

    private void OnStarted(AccountId id)
    {
        _starting.Remove(id);
        AnswerReady();
    }

    private void OnForChild(IWithAccountId message)
    {
        if (!_children.TryGetValue(message.AccountId, out var child))
        {
            Unhandled(message);
        }
        else if (child.Actor is { } actor)
        {
            actor.Forward(message); // sent here while it was stopped
        }
        else
        {
            child.StandIn(message, Sender, Self, Now);
        }
    }

    private void OnAwaitReady(IActorRef asker)
    {
        _awaitingReady.Add(asker);
        AnswerReady();
    }

    private void AnswerReady()
    {
        if (_hasReconciled && _starting.Count == 0)
        {
            _awaitingReady.ForEach(a => a.Tell(new AccountsCommands.Ready(_children.Count), Self));
            _awaitingReady.Clear();
        }
    }

    private void Forget(AccountId id)
    {
        _children.Remove(id);
        _timers.Cancel($"recreate {id}");
        _directory.Remove(id);
        _router.Tell(new AccountEvents.AccountGone(id), Self);
    }

    private sealed record ChildStopped(AccountId AccountId, IActorRef Actor);

    private sealed record Recreate(AccountId AccountId);
}
