using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;
using Proxy.Testing;
using static Proxy.Actors.Accounts.AccountCommands;
using static Proxy.Actors.Accounts.AccountEvents;
using static Proxy.Actors.Routing.RouterCommands;

namespace Proxy.Actors.Tests.Routing;

/// <summary>
/// One run of the conversation of router, two accounts and some requests, in which every message waits on its way until
/// the schedule delivers it. Messages of one sender to one receiver keep their order; all else is free. The first
/// account is out of quota upstream, the second serves. The router is the real one.
/// </summary>
internal sealed class Interleaving
{
    private readonly IActorRef _router;
    private readonly CaptureRef _asker;
    private readonly AccountDirectory _directory = new();
    private readonly SimAccount[] _accounts;
    private readonly SimRequest[] _requests;
    private readonly SortedDictionary<string, Queue<Delivery>> _ways = new(StringComparer.Ordinal);

    public Interleaving(ActorSystem system, int requests, bool clientsLeave)
    {
        var time = new ManualTimeProvider(Given.Start);
        _router = system.ActorOf(RouterActor.Props(new ProxyConfiguration(), _directory, new PublishedRoutingTable(), time));
        _asker = new CaptureRef(system, "asker");
        _accounts = [new SimAccount("claude-1", system), new SimAccount("claude-2", system)];
        foreach (var account in _accounts)
        {
            _directory.Set(account.Id, account.Inbox);
            _router.Tell(new SnapshotChanged(account.Snapshot), account.Inbox);
        }

        _requests = [.. Enumerable.Range(1, requests).Select(i => new SimRequest(new TicketId(i), new CaptureRef(system, $"relay-{i}")))];
        foreach (var request in _requests)
        {
            var name = $"request{request.Ticket.Value}";
            Send($"{name}>router", "router", () => TellRouter(new Begin(request.Ticket, Given.Facts(), Given.Start.AddHours(1)), request.Inbox));
            if (clientsLeave)
            {
                Send($"{name} leaves", name, () => Leave(request));
            }
        }

        Collect();
    }

    /// <summary>What could be delivered next: names of the ways, and who receives.</summary>
    public IReadOnlyList<(string Way, string Receiver)> Enabled => [.. _ways.Where(w => w.Value.Count > 0).Select(w => (w.Key, w.Value.Peek().Receiver))];

    public void Deliver(string way)
    {
        _ways[way].Dequeue().Go();
        Collect();
    }

    /// <summary>What must hold at the end of every run.</summary>
    public void Check(bool clientsLeave)
    {
        foreach (var account in _accounts)
        {
            account.Leases.ShouldBeEmpty();
        }

        var state = State();
        state.Tickets.ShouldBeEmpty();
        state.Parked.ShouldBe(0);
        foreach (var request in _requests)
        {
            request.Calls.Count.ShouldBeLessThanOrEqualTo(2);
            if (!clientsLeave)
            {
                request.Served.ShouldBeTrue();
                request.Calls[^1].ShouldBe(_accounts[1].Id);
            }
        }
    }

    public void Stop() => _router.Tell(PoisonPill.Instance, ActorRefs.NoSender);

    private void Send(string way, string receiver, Action go)
    {
        if (!_ways.TryGetValue(way, out var queue))
        {
            _ways[way] = queue = new Queue<Delivery>();
        }

        queue.Enqueue(new Delivery(receiver, go));
    }

    /// <summary>Puts everything that the router said onto its way.</summary>
    private void Collect()
    {
        State();
        foreach (var account in _accounts)
        {
            foreach (var message in account.Inbox.TakeAll())
            {
                if (message is Acquire)
                {
                    // The router knew by the account's own word that it was out: then it must not have asked.
                    account.IsKnownToBeOut.ShouldBeFalse();
                }

                Send($"router>{account.Id}", account.Id.Value, () => Answer(account, message));
            }
        }

        foreach (var request in _requests)
        {
            foreach (var answer in request.Inbox.TakeAll())
            {
                OnAnswer(request, answer.ShouldBeOfType<RouterAnswers.Use>());
            }
        }
    }

    private void Answer(SimAccount account, object message)
    {
        switch (message)
        {
            case Acquire acquire when account.IsOut:
                ToRouter(account, new Refused(account.Id, acquire.Ticket, account.Snapshot.Blocked!, account.Snapshot), account.IsOut);
                break;
            case Acquire acquire:
                var lease = account.Snapshot.Lease(acquire.Ticket);
                account.Leases.Add(lease.Id);
                ToRouter(account, new Granted(lease), knowsOut: false);
                break;
            case Release release:
                account.Leases.Remove(release.Lease);
                break;
            case LeaseEnded ended when account.Leases.Remove(ended.Lease):
                account.IsOut |= ended.Outcome.Failure is not null;
                ToRouter(account, new SnapshotChanged(account.Snapshot), account.IsOut);
                ToRouter(account, new AttemptEnded(account.Id, account.TicketOf(ended.Lease), ended.Lease, ended.Outcome), account.IsOut);
                break;
            default:
                break;
        }
    }

    private void ToRouter(SimAccount account, IWithAccountId message, bool knowsOut)
    {
        if (message is Granted granted)
        {
            account.Tickets[granted.Lease.Id] = granted.Lease.Ticket;
        }

        Send($"{account.Id}>router", "router", () =>
        {
            TellRouter(message, account.Inbox);
            account.IsKnownToBeOut |= knowsOut;
        });
    }

    private void OnAnswer(SimRequest request, RouterAnswers.Use use)
    {
        if (request.HasLeft)
        {
            return;
        }

        request.Lease = use.Lease;
        request.Calls.Add(use.Lease.Account);
        var account = _accounts.Single(a => a.Id == use.Lease.Account);
        var name = $"request{request.Ticket.Value}";
        if (account == _accounts[0])
        {
            End(request, account, Given.Outcome(FailureClass.QuotaExhausted, Given.Start.AddHours(2)));
            Send($"{name}>router", "router", () => request.HasLeft.Otherwise(() => TellRouter(new Next(request.Ticket, use.Lease.Id), request.Inbox)));
        }
        else
        {
            request.Served = true;
            End(request, account, AttemptOutcome.Success);
            Send($"{name}>router", "router", () => TellRouter(new RequestEnded(request.Ticket), request.Inbox));
        }
    }

    private void End(SimRequest request, SimAccount account, AttemptOutcome outcome)
    {
        var lease = request.Lease!.Id;
        request.Lease = null;
        Send($"request{request.Ticket.Value}>{account.Id}", account.Id.Value, () => Answer(account, new LeaseEnded(account.Id, lease, outcome)));
    }

    /// <summary>The relay's finally: it tells the end of its lease, if it holds one, and the end of the request.</summary>
    private void Leave(SimRequest request)
    {
        if (request.Served)
        {
            return;
        }

        request.HasLeft = true;
        if (request.Lease is { } lease)
        {
            End(request, _accounts.Single(a => a.Id == lease.Account), new AttemptOutcome(null, Committed: false, Cancelled: true));
        }

        Send($"request{request.Ticket.Value}>router", "router", () => TellRouter(new RequestEnded(request.Ticket), request.Inbox));
    }

    private void TellRouter(object message, IActorRef sender) => _router.Tell(message, sender);

    private RouterView State()
    {
        _router.Tell(GetState.Instance, _asker);
        return _asker.Expect<RouterView>();
    }

    private sealed record Delivery(string Receiver, Action Go);

    private sealed class SimRequest(TicketId ticket, CaptureRef inbox)
    {
        public TicketId Ticket => ticket;

        public CaptureRef Inbox => inbox;

        public Lease? Lease { get; set; }

        public List<AccountId> Calls { get; } = [];

        public bool Served { get; set; }

        public bool HasLeft { get; set; }
    }

    private sealed class SimAccount(string id, ActorSystem system)
    {
        public AccountId Id { get; } = new(id);

        public CaptureRef Inbox { get; } = new(system, id);

        public HashSet<LeaseId> Leases { get; } = [];

        public Dictionary<LeaseId, TicketId> Tickets { get; } = [];

        public bool IsOut { get; set; }

        public bool IsKnownToBeOut { get; set; }

        public AccountSnapshot Snapshot => IsOut
            ? Given.Snapshot(id).Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(2), Given.Start)
            : Given.Snapshot(id);

        public TicketId TicketOf(LeaseId lease) => Tickets[lease];
    }
}

internal static class Conditions
{
    public static void Otherwise(this bool condition, Action action)
    {
        if (!condition)
        {
            action();
        }
    }
}
