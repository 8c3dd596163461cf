using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Routing;
using Proxy.Actors.Tests.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Quota;
using Proxy.Testing;
using static Proxy.Actors.Routing.RouterCommands;

namespace Proxy.Actors.Tests.Simulation;

/// <summary>
/// Thirty days of twenty sessions on six subscriptions, on virtual time, from event to event: the real router, account
/// actors, token renewals and failure classifier on one thread; the relay and the provider are played here. What the
/// provider knows is the truth that the router's choices are judged by.
/// </summary>
internal sealed class Month : IDisposable
{
    public const int Days = 30;

    private const double DemandShare = 0.85;
    private const int Mortal = 5;
    private static readonly TimeSpan ProbeSpacing = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Dies = TimeSpan.FromDays(16.3);
    private static readonly TimeSpan IsBack = TimeSpan.FromDays(19.4);
    private static readonly TimeSpan EarlyReset = TimeSpan.FromDays(11.45);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan TokenLatency = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan BindingLife = TimeSpan.FromHours(1);

    /// <summary>Two larger plans; weeks end on different days; used so far as evenly as turns would have it.</summary>
    private static readonly SimPlan[] Plans =
    [
        new(1, 1000, TimeSpan.FromDays(0.9), 0.74),
        new(2, 1000, TimeSpan.FromDays(2.1), 0.60),
        new(3, 1000, TimeSpan.FromDays(3.2), 0.46),
        new(4, 2000, TimeSpan.FromDays(4.3), 0.33),
        new(5, 2000, TimeSpan.FromDays(5.5), 0.18),
        new(6, 1000, TimeSpan.FromDays(6.6), 0.05),
    ];

    private readonly TimeSpan _length;
    private readonly ManualTimeProvider _time = new(Given.Start);
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-month-").FullName;
    private readonly SimSystem _system = new();
    private readonly SimDispatcher _dispatcher;
    private readonly ProxyConfiguration _configuration;
    private readonly AccountDirectory _directory = new();
    private readonly PublishedRoutingTable _table = new();
    private readonly CredentialStore _store;
    private readonly SimAccount[] _accounts;
    private readonly AccountMemory[] _memories;
    private readonly SimTokens _tokens;
    private readonly IActorRef _router;
    private readonly MonthReport _report;
    private readonly IReadOnlyList<SimRequest> _requests;
    private readonly Queue<(Run Run, object Answer)> _answers = new();
    private readonly PriorityQueue<Action, (DateTimeOffset At, long Order)> _events = new();
    private readonly bool[] _tokenCallSeen = new bool[Plans.Length];
    private readonly (int Account, DateTimeOffset At)?[] _homes = new (int, DateTimeOffset)?[Demand.Sessions];
    private readonly Dictionary<(int Account, string? Model), (DateTimeOffset Since, DateTimeOffset Until, DateTimeOffset? Probed)> _refused = [];
    private long _order;
    private int _jitter;

    public Month(string strategy, int seed, int days = Days)
    {
        _length = TimeSpan.FromDays(days);
        _report = new MonthReport(strategy);
        _configuration = new ProxyConfiguration
        {
            AuthDirectory = Path.Combine(_root, "auth"),
            StateDirectory = Path.Combine(_root, "state"),
            Routing = new RoutingOptions { Strategy = strategy },
        };
        _dispatcher = _system.Dispatcher;
        _accounts = [.. Plans.Select(p => new SimAccount(p, Given.Start))];
        _tokens = new SimTokens(_accounts, _dispatcher.Tell);
        _store = new CredentialStore(_configuration.AuthDirectory, _configuration.StateDirectory, _time) { Steps = new UnflushedSteps() };
        _store.MakeDirectories();
        _router = _system.Start(RouterActor.Props(_configuration, _directory, _table, _time));
        _memories = [.. _accounts.Select(Begin)];
        var alive = (Days * Plans.Sum(p => p.Weekly)) - ((IsBack - Dies).TotalDays * Plans[Mortal].Weekly);
        _requests = Demand.Make(seed, Days, DemandShare * alive / 7);
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Runs it to its end.</summary>
    public MonthReport Live()
    {
        Settle();
        for (var i = 0; i < _requests.Count && _requests[i].At < _length; i++)
        {
            var number = i;
            At(Given.Start + _requests[i].At, () => Ask(number));
        }

        foreach (var account in _accounts)
        {
            At(account.WeekEnds, () => EndWeek(account));
        }

        At(Given.Start + EarlyReset, _accounts[3].ResetEarly);
        At(Given.Start + Dies, _accounts[Mortal].Die);
        At(Given.Start + IsBack, () => LogIn(Mortal));
        var end = Given.Start + _length;
        while (NextTime() is { } next && next <= end)
        {
            if (next > Now)
            {
                _time.Advance(next - Now);
                Settle();
            }

            while (_events.TryPeek(out _, out var first) && first.At <= Now)
            {
                _events.Dequeue()();
                Settle();
            }
        }

        return Finish();
    }

    public void Dispose()
    {
        _system.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private AccountMemory Begin(SimAccount account)
    {
        _store.Write(account.FileName, System.Text.Encoding.UTF8.GetBytes(account.ToFile(Now)));
        var definition = Definition(account);
        var memory = new AccountMemory(definition);
        var services = new AccountServices(_time, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, ModelCatalogue.Default, _tokens, Jitter) { Renewals = new RunningRenewals(new SimScheduler(_dispatcher)) };
        var renewal = new TokenRenewal(_store, new TokenRefresher(_tokens, _time), _time);
        var (router, store) = (_router, _store);
        _directory.Set(definition.Id, _system.Start(Props.Create(() => new AccountActor(memory, definition, router, services, store, renewal))));
        return memory;
    }

    private AccountDefinition Definition(SimAccount account) =>
        AccountDefinition.OfFile("claude", UpstreamKind.Claude, account.FileName, _store.Read(account.FileName).Reading, _configuration);

    // Spread, and the same in every run.
    private double Jitter() => _jitter++ % 10 / 10.0;

    private DateTimeOffset? NextTime()
    {
        var timer = _time.NextDue;
        return _events.TryPeek(out _, out var first) && !(timer < first.At) ? first.At : timer;
    }

    private void At(DateTimeOffset time, Action what) => _events.Enqueue(what, (time, _order++));

    /// <summary>Runs everything that happens at this time: actors, answers to requests, and refreshes up to their call or their end.</summary>
    private void Settle()
    {
        while (true)
        {
            _dispatcher.RunAll();
            if (_answers.TryDequeue(out var next))
            {
                Answered(next.Run, next.Answer);
            }
            else if (AreRefreshesAtRest())
            {
                break;
            }
            else
            {
                _dispatcher.AwaitNews();
            }
        }

        for (var i = 0; i < _accounts.Length; i++)
        {
            if (_tokens.IsOpen(i) && !_tokenCallSeen[i])
            {
                var account = i;
                _tokenCallSeen[i] = true;
                At(Now + TokenLatency, () => AnswerTokens(account));
            }
        }
    }

    private bool AreRefreshesAtRest()
    {
        for (var i = 0; i < _memories.Length; i++)
        {
            if (_memories[i].Renewal is not null && !_tokens.IsOpen(i))
            {
                return false;
            }
        }

        return true;
    }

    private void AnswerTokens(int account)
    {
        _tokenCallSeen[account] = false;
        _tokens.Answer(account, Now);
        _report.Note(Now, 1, account, 0);
    }

    private void EndWeek(SimAccount account)
    {
        account.EndWeek();
        At(account.WeekEnds, () => EndWeek(account));
    }

    private void LogIn(int account)
    {
        _accounts[account].NewTokens(Now);
        _store.Write(_accounts[account].FileName, System.Text.Encoding.UTF8.GetBytes(_accounts[account].ToFile(Now)));
        var definition = Definition(_accounts[account]);
        _directory.All().Single(a => a.Key == definition.Id).Value.Tell(new AccountMessages.Changed(definition), ActorRefs.NoSender);
    }

    private void Ask(int number)
    {
        var request = _requests[number];
        var run = new Run(request, new TicketId(number + 1));
        run.Relay = new SimRelay(_system.System, answer => _answers.Enqueue((run, answer)));
        run.Home = HomeOf(request);
        _report.Requests++;
        _report.StickyTurns += run.Home is null ? 0 : 1;
        var facts = new RoutingFacts
        {
            Dialect = Dialect.AnthropicMessages,
            AskedModel = request.Model,
            Model = request.Model,
            Purpose = Purpose.Inference,
            Session = $"session-{request.Session}",
            Configuration = _configuration,
        };
        _router.Tell(new Begin(run.Ticket, facts, Now + _configuration.Routing.RequestDeadline), run.Relay);
    }

    /// <summary>The session lives where it is served, except that a request may visit another account while its home is only too busy for it.</summary>
    private void Move(Run run, int number)
    {
        var session = run.Request.Session;
        if (_homes[session] is var (home, _) && home != number && !run.Tried.Contains(home) && CanServe(home, run.Request.Model))
        {
            _homes[session] = (home, Now);
        }
        else
        {
            _report.Moves += _homes[session] is var (before, _) && before != number ? 1 : 0;
            _homes[session] = (number, Now);
        }

        run.Tried.Add(number);
    }

    /// <summary>As far as the router knows.</summary>
    private bool CanServe(int number, string model)
    {
        var id = _memories[number].Definition.Id;
        foreach (var account in _table.Current.Accounts)
        {
            if (account.Id == id)
            {
                return account.WhyNot(model, Now) is null;
            }
        }

        return false;
    }

    /// <summary>The account that this turn must go to: its session's last one, if that can serve it as far as anybody knows.</summary>
    private int? HomeOf(SimRequest request)
    {
        if (_homes[request.Session] is not var (account, at))
        {
            return null;
        }

        if (Now - at >= BindingLife)
        {
            _homes[request.Session] = null;
            return null;
        }

        _homes[request.Session] = (account, Now);
        return CanServe(account, request.Model) ? account : null;
    }

    private void Answered(Run run, object answer)
    {
        switch (answer)
        {
            case RouterAnswers.Use use:
                Call(run, use.Lease);
                break;
            case RouterAnswers.Fail:
                _report.AllOut++;
                _report.Note(Now, 2, run.Request.Session, 0);
                if (_accounts.FirstOrDefault(a => a.CanServe(run.Request.Model, Now)) is { } idle)
                {
                    _report.Violate(Now, $"request {run.Ticket.Value} of session {run.Request.Session} failed after {run.Attempts} attempts while account {idle.Plan.Number} could serve {run.Request.Model}");
                }

                _router.Tell(new RequestEnded(run.Ticket), run.Relay!);
                break;
            default:
                throw new InvalidOperationException($"the router answered {answer}");
        }
    }

    private void Call(Run run, Lease lease)
    {
        var number = Array.FindIndex(_memories, m => m.Definition.Id == lease.Account);
        var (account, request) = (_accounts[number], run.Request);
        run.Attempts++;
        _report.Attempts++;
        _report.Note(Now, 3, request.Session, number);
        JudgeChoice(run, lease, number);
        Move(run, number);

        if (!account.Accepts(lease.Token?.Reveal(), Now))
        {
            At(Now + Latency, () => Fail(run, lease, number, 401, [], """{"type":"error","error":{"type":"authentication_error","message":"invalid bearer token"}}"""));
        }
        else if (account.RefusedBy(request.Model, Now) is { } window)
        {
            var headers = account.Headers(window, Now);
            At(Now + Latency, () => Fail(run, lease, number, 429, headers, """{"type":"error","error":{"type":"rate_limit_error","message":"limit reached"}}"""));
        }
        else if (run.Attempts == 1 && run.Ticket.Value % 211 == 0)
        {
            At(Now + Latency, () => Fail(run, lease, number, 500, [], """{"type":"error","error":{"type":"api_error","message":"internal error"}}"""));
        }
        else
        {
            account.Charge(request, Now);
            var headers = account.Headers(null, Now);
            At(Now + Latency, () => Observe(lease, headers));
            At(Now + Latency + request.Length, () => Serve(run, lease, number));
        }
    }

    /// <summary>A turn keeps its account while that can serve; a refused account is left alone but for a probe a quarter of an hour.</summary>
    private void JudgeChoice(Run run, Lease lease, int number)
    {
        if (run.Attempts == 1 && run.Home is { } home && home != number)
        {
            _report.Violate(Now, $"session {run.Request.Session} left account {home + 1}, which could serve it, for {number + 1}");
        }

        _report.Probes += lease.Purpose == Purpose.Probe ? 1 : 0;
        foreach (var key in new[] { (number, (string?)null), (number, run.Request.Model) })
        {
            if (_refused.TryGetValue(key, out var refusal) && Now < refusal.Until)
            {
                if (lease.Purpose != Purpose.Probe || Now - (refusal.Probed ?? refusal.Since) < ProbeSpacing)
                {
                    _report.Violate(Now, $"account {number + 1} was asked for {run.Request.Model} again ({lease.Purpose}), refused since {refusal.Since:HH:mm:ss}, probed {refusal.Probed:HH:mm:ss}");
                }

                _refused[key] = refusal with { Probed = Now };
            }
        }
    }

    private void Observe(Lease lease, Dictionary<string, string> headers)
    {
        if (QuotaReadings.FromHeaders(UpstreamKind.Claude, headers, Now) is { } reading)
        {
            _directory.Tell(new AccountCommands.Observed(lease.Account, lease.Id, reading), ActorRefs.NoSender);
        }
    }

    private void Serve(Run run, Lease lease, int number)
    {
        _report.Served++;
        if (lease.Purpose == Purpose.Probe)
        {
            // It serves again before its time: the provider has changed its mind, and the refusal is over.
            _refused.Remove((number, null));
            _refused.Remove((number, run.Request.Model));
        }

        End(lease, AttemptOutcome.Success);
        _router.Tell(new RequestEnded(run.Ticket), run.Relay!);
    }

    private void Fail(Run run, Lease lease, int number, int status, Dictionary<string, string> headers, string body)
    {
        Observe(lease, headers);
        var error = new UpstreamError { Kind = UpstreamKind.Claude, IsOAuth = true, Status = status, Headers = headers, Body = System.Text.Encoding.UTF8.GetBytes(body) };
        var failure = FailureClassifier.Classify(error, Now);
        if (status == 429)
        {
            _report.Refusals++;
            var key = (number, failure.Scope == FailureScope.AccountModel ? run.Request.Model : null);
            var probed = lease.Purpose == Purpose.Probe ? _refused.GetValueOrDefault(key).Probed : null;
            _refused[key] = (Now, failure.Until!.Value, probed);
        }

        End(lease, new AttemptOutcome(failure, Committed: false, Cancelled: false));
        _router.Tell(new Next(run.Ticket, lease.Id), run.Relay!);
    }

    private void End(Lease lease, AttemptOutcome outcome) => _directory.Tell(new AccountCommands.LeaseEnded(lease.Account, lease.Id, outcome), ActorRefs.NoSender);

    private MonthReport Finish()
    {
        // What still streams at the end of the month is served.
        while (_events.TryPeek(out _, out var first) && first.At <= Given.Start + _length + TimeSpan.FromMinutes(10))
        {
            _time.Advance(first.At > Now ? first.At - Now : TimeSpan.Zero);
            Settle();
            _events.Dequeue()();
            Settle();
        }

        RouterView? state = null;
        _router.Tell(GetState.Instance, new SimRelay(_system.System, answer => state = (RouterView)answer));
        _dispatcher.RunAll();
        state.ShouldNotBeNull().Tickets.ShouldBeEmpty();
        _memories.ShouldAllBe(m => m.State!.Leases.IsEmpty);
        _tokens.Doubles.ShouldBe(0);
        _report.Refreshes = _accounts.Sum(a => a.Refreshes);
        _report.Unused = _accounts.Sum(a => a.AtResets.Unused);
        _report.Held = _accounts.Sum(a => a.AtResets.Held);
        return _report;
    }

    /// <summary>A request on its way.</summary>
    private sealed class Run(SimRequest request, TicketId ticket)
    {
        public SimRequest Request => request;

        public TicketId Ticket => ticket;

        public SimRelay? Relay { get; set; }

        public int? Home { get; set; }

        public int Attempts { get; set; }

        public List<int> Tried { get; } = new(1);
    }

    /// <summary>The relay's ear: hears on the simulation's own thread.</summary>
    private sealed class SimRelay(ActorSystem system, Action<object> hear) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "relay";

        public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

        protected override void TellInternal(object message, IActorRef sender) => hear(message);
    }
}
