using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Testing;
using static Proxy.Actors.Accounts.AccountCommands;
using static Proxy.Actors.Accounts.AccountEvents;
using static Proxy.Actors.Routing.RouterCommands;
using Failure = Proxy.Protocol.Failures.Failure;

namespace Proxy.Actors.Tests.Routing;

/// <summary>
/// One run of the real router, of accounts with the real state, and of some requests, on virtual time, in which every
/// message waits on its way until the schedule delivers it. Two accounts fail in every way that an upstream can; one of
/// them may go away in the middle. The third one always serves. What must hold is checked with every message.
/// </summary>
internal sealed class RandomRun
{
    private const string Model = "made-up-model";
    private const string Clock = "time passes";

    /// <summary>What a failing account may say. None of them is the request's own fault.</summary>
    private static readonly FailureClass[] Failures =
    [
        FailureClass.QuotaExhausted, FailureClass.Forbidden, FailureClass.Challenge, FailureClass.Transient, FailureClass.Unauthorized,
        FailureClass.Network, FailureClass.Throttled, FailureClass.RateLimited, FailureClass.Truncated, FailureClass.ModelUnavailable,
    ];

    private readonly ManualTimeProvider _time = new(Given.Start);
    private readonly AccountDirectory _directory = new();
    private readonly IActorRef _router;
    private readonly CaptureRef _asker;
    private readonly SimAccount[] _accounts;
    private readonly SimRequest[] _requests;
    private readonly SortedDictionary<string, Queue<Action>> _ways = new(StringComparer.Ordinal);
    private readonly ProxyConfiguration _configuration;
    private readonly Queue<int> _plan;

    /// <param name="system">Where the router lives.</param>
    /// <param name="plan">How the failing accounts fail, in turn.</param>
    /// <param name="requests">How many requests.</param>
    /// <param name="clientsLeave">Clients may leave at any time.</param>
    /// <param name="accountGoes">The first account goes away at some time.</param>
    /// <param name="inSession">All requests are of one conversation.</param>
    public RandomRun(ActorSystem system, int[] plan, int requests, bool clientsLeave, bool accountGoes, bool inSession)
    {
        _plan = new Queue<int>(plan);
        _configuration = new ProxyConfiguration { AuthDirectory = "/made-up" };
        _router = system.ActorOf(RouterActor.Props(_configuration, _directory, new PublishedRoutingTable(), _time));
        _asker = new CaptureRef(system, "asker");
        _accounts = [.. Enumerable.Range(1, 3).Select(i => new SimAccount(i, _configuration, system, _time))];
        foreach (var account in _accounts)
        {
            _directory.Set(account.Id, account.Inbox);
            _router.Tell(new SnapshotChanged(account.Snapshot()), account.Inbox);
        }

        var facts = Given.Facts(session: inSession ? "key session" : null, model: Model) with { Configuration = _configuration };
        _requests = [.. Enumerable.Range(1, requests).Select(i => new SimRequest(new TicketId(i), new CaptureRef(system, $"relay-{i}")))];
        foreach (var request in _requests)
        {
            Send($"{request.Name}>router", () => TellRouter(new Begin(request.Ticket, facts, _time.GetUtcNow().AddHours(1)), request.Inbox));
            if (clientsLeave)
            {
                Send($"{request.Name} leaves", () => Leave(request));
            }
        }

        if (accountGoes)
        {
            Send("an account goes", () => Go(_accounts[0]));
        }

        Collect();
    }

    /// <summary>What could happen next. Time passes only to where something is due.</summary>
    public IReadOnlyList<string> Enabled => [.. _ways.Where(w => w.Value.Count > 0).Select(w => w.Key), .. _time.NextDue is null ? [] : new[] { Clock }];

    /// <summary>Lets it happen.</summary>
    public void Deliver(string way)
    {
        if (way == Clock)
        {
            _time.Advance(_time.NextDue!.Value - _time.GetUtcNow());
        }
        else
        {
            _ways[way].Dequeue()();
        }

        Collect();
    }

    /// <summary>What must hold at the end.</summary>
    public void Check(bool clientsLeave)
    {
        foreach (var account in _accounts)
        {
            account.State.Leases.ShouldBeEmpty($"leases of {account.Id} at the end");
            account.State.Counters.Bugs.ShouldBe(0);
        }

        var view = View();
        view.Tickets.ShouldBeEmpty();
        view.Parked.ShouldBe(0);
        foreach (var request in _requests)
        {
            request.Calls.ShouldBeLessThanOrEqualTo(RetryPolicy.Budget(_configuration.Routing, _accounts.Length, _configuration.Routing.RequestRetry) + request.Mended);
            if (!clientsLeave && !request.IsBroken)
            {
                request.Served.ShouldBe(_accounts[2].Id, $"{request.Name} failed with {request.Error} though an account could serve it");
            }
        }
    }

    public void Stop() => _router.Tell(PoisonPill.Instance, ActorRefs.NoSender);

    private void Send(string way, Action go)
    {
        if (!_ways.TryGetValue(way, out var queue))
        {
            _ways[way] = queue = new Queue<Action>();
        }

        queue.Enqueue(go);
    }

    private void Collect()
    {
        View();
        foreach (var account in _accounts)
        {
            foreach (var message in account.Inbox.TakeAll())
            {
                if (message is Acquire acquire)
                {
                    _requests.Single(r => r.Ticket == acquire.Ticket).IsOver.ShouldBeFalse("an account is asked for a request that the router knows to be over");
                }

                Send($"router>{account.Id}", () => Receive(account, message));
            }
        }

        foreach (var request in _requests)
        {
            foreach (var answer in request.Inbox.TakeAll())
            {
                OnAnswer(request, answer);
            }
        }
    }

    private void Receive(SimAccount account, object message)
    {
        if (account.IsGone)
        {
            return;
        }

        var now = _time.GetUtcNow();
        switch (message)
        {
            case Acquire acquire when account.State.Decide(acquire.Model, acquire.Purpose, now, acquire.IsFailover, acquire.Spread) is AcquireDecision.Grant grant:
                var lease = account.State.ToLease(LeaseId.Next(), acquire, grant.UpstreamModel);
                account.Apply(new AccountChange.LeaseGranted(
                    new LeaseInFlight(lease.Id, acquire.Ticket, grant.UpstreamModel, acquire.Purpose, lease.Generation, now, acquire.RequestDeadline, account.State.Cooldowns.Sequence)));
                ToRouter(account, new Granted(lease));
                break;
            case Acquire acquire:
                var refusal = account.State.Decide(acquire.Model, acquire.Purpose, now, acquire.IsFailover, acquire.Spread).ShouldBeOfType<AcquireDecision.Refuse>();
                ToRouter(account, new Refused(account.Id, acquire.Ticket, refusal.Reason, account.Snapshot()));
                break;
            case Release release:
                account.Apply(new AccountChange.LeaseReleased(release.Lease));
                break;
            case LeaseEnded ended when account.State.Leases.TryGetValue(ended.Lease, out var inFlight):
                account.Apply(new AccountChange.LeaseEnded(ended.Lease, ended.Outcome, now));
                ToRouter(account, new SnapshotChanged(account.Snapshot()));
                ToRouter(account, new AttemptEnded(account.Id, inFlight.Ticket, ended.Lease, ended.Outcome));
                break;
            default:
                break;
        }
    }

    private void ToRouter(SimAccount account, object message) => Send($"{account.Id}>router", () => TellRouter(message, account.Inbox));

    private void OnAnswer(SimRequest request, object answer)
    {
        if (request.HasLeft)
        {
            return; // the relay's token is cancelled: it reads no answer and makes no call
        }

        if (answer is RouterAnswers.Fail fail)
        {
            request.Error = fail.Failure.Error.Message;
            EndRequest(request);
            return;
        }

        var use = answer.ShouldBeOfType<RouterAnswers.Use>();
        request.IsBroken.ShouldBeFalse("another attempt after content had gone out");
        request.Calls++;
        request.Lease = use.Lease;
        var account = _accounts.Single(a => a.Id == use.Lease.Account);
        if (account == _accounts[2])
        {
            request.Served = account.Id;
            EndLease(request, AttemptOutcome.Success);
            EndRequest(request);
            return;
        }

        var next = _plan.TryDequeue(out var planned) ? planned & int.MaxValue : 0;
        _plan.Enqueue(next);
        var kind = Failures[next % Failures.Length];
        request.Mended += kind == FailureClass.Unauthorized ? 1 : 0;
        request.IsBroken = next % 7 == 0; // after commit
        EndLease(request, new AttemptOutcome(Failing(kind), Committed: request.IsBroken, Cancelled: false));

        if (request.IsBroken)
        {
            EndRequest(request);
            return;
        }

        Send($"{request.Name}>router", () =>
        {
            if (!request.HasLeft)
            {
                TellRouter(new Next(request.Ticket, use.Lease.Id), request.Inbox);
            }
        });
    }

    private Failure Failing(FailureClass kind) => Given.Failure(kind) with
    {
        Scope = kind == FailureClass.ModelUnavailable ? FailureScope.AccountModel : FailureScope.Account,
        Until = kind switch
        {
            FailureClass.QuotaExhausted => _time.GetUtcNow().AddHours(2),
            FailureClass.RateLimited => _time.GetUtcNow().AddSeconds(5),
            _ => null,
        },
    };

    private void EndLease(SimRequest request, AttemptOutcome outcome)
    {
        var lease = request.Lease!;
        request.Lease = null;
        var account = _accounts.Single(a => a.Id == lease.Account);
        Send($"{request.Name}>{account.Id}", () => Receive(account, new LeaseEnded(account.Id, lease.Id, outcome)));
    }

    private void EndRequest(SimRequest request) => Send($"{request.Name}>router", () =>
    {
        request.IsOver = true;
        TellRouter(new RequestEnded(request.Ticket), request.Inbox);
    });

    /// <summary>The relay's finally: it tells the end of its lease, if it holds one, and the end of the request.</summary>
    private void Leave(SimRequest request)
    {
        if (request.Served is not null || request.Error is not null)
        {
            return;
        }

        request.HasLeft = true;
        if (request.Lease is not null)
        {
            EndLease(request, new AttemptOutcome(null, Committed: false, Cancelled: true));
        }

        EndRequest(request);
    }

    /// <summary>The account's actor stops: what was on its way to it is lost, and its leases with it.</summary>
    private void Go(SimAccount account)
    {
        account.IsGone = true;
        _directory.Remove(account.Id);
        foreach (var lease in account.State.Leases.Keys)
        {
            account.Apply(new AccountChange.LeaseReleased(lease));
        }

        ToRouter(account, new AccountGone(account.Id));
    }

    private void TellRouter(object message, IActorRef sender) => _router.Tell(message, sender);

    private RouterView View()
    {
        _router.Tell(GetState.Instance, _asker);
        return _asker.Expect<RouterView>();
    }

    private sealed class SimRequest(TicketId ticket, CaptureRef inbox)
    {
        public TicketId Ticket => ticket;

        public string Name { get; } = $"request{ticket.Value}";

        public CaptureRef Inbox => inbox;

        public Lease? Lease { get; set; }

        public int Calls { get; set; }

        /// <summary>Calls that a refreshed token is owed.</summary>
        public int Mended { get; set; }

        public AccountId? Served { get; set; }

        /// <summary>It failed after commit.</summary>
        public bool IsBroken { get; set; }

        public string? Error { get; set; }

        public bool HasLeft { get; set; }

        /// <summary>The router has been told that it is over.</summary>
        public bool IsOver { get; set; }
    }

    /// <summary>An API-key account, each at an upstream of its own.</summary>
    private sealed class SimAccount
    {
        private readonly TimeProvider _time;

        public SimAccount(int number, ProxyConfiguration configuration, ActorSystem system, TimeProvider time)
        {
            _time = time;
            var entry = new ApiKeyAccount
            {
                Provider = $"upstream{number}",
                Kind = UpstreamKind.Compatible,
                ApiKey = "made-up-api-key",
                BaseUrl = new Uri($"https://upstream{number}.example/v1"),
                Models = [new ModelAlias(Model, Model)],
                EntryKey = $"upstream{number}:1",
            };
            State = AccountState.From(AccountChange.Defined.By(AccountDefinition.OfEntry(entry, configuration), ModelCatalogue.Default, time.GetUtcNow(), jitter: 0));
            Inbox = new CaptureRef(system, Id.Value);
        }

        public AccountState State { get; private set; }

        public AccountId Id => State.Profile.Id;

        public CaptureRef Inbox { get; }

        public bool IsGone { get; set; }

        public AccountSnapshot Snapshot() => State.ToSnapshot(_time.GetUtcNow());

        public void Apply(AccountChange change) => State = State.Apply(change);
    }
}
