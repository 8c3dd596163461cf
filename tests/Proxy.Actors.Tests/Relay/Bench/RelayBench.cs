using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Ledger;
using Proxy.Actors.Outbound;
using Proxy.Actors.Relay;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;
using Proxy.Testing;
using Proxy.Testing.Secrets;

namespace Proxy.Actors.Tests.Relay.Bench;

/// <summary>
/// A relay on virtual time between a scripted router, account probes and upstreams on real sockets. The router gives
/// the accounts out in order, one per attempt, and then says that nothing is left.
/// </summary>
internal sealed class RelayBench : IAsyncDisposable
{
    private static readonly TimeSpan FailSafe = Proxy.Testing.FailSafe.Limit;

    private static readonly Lazy<ActorSystem> System = new(() =>
        ActorSystem.Create("relay-test", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }")));

    private readonly List<Func<TicketId, Lease>> _accounts = [];
    private readonly ConcurrentQueue<object> _router = new();
    private readonly ConcurrentQueue<object> _told = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly AccountDirectory _directory = new();
    private readonly OutboundFactory _outbound;
    private readonly StreamClock _clock;
    private readonly IActorRef _routerActor;
    private readonly IActorRef _accountActor;
    private readonly List<IAsyncDisposable> _owned = [];

    public RelayBench(ProxyConfiguration? configuration = null, X509Certificate2? trusted = null)
    {
        Configuration = configuration ?? new ProxyConfiguration();
        _clock = new StreamClock(Time);
        _outbound = new OutboundFactory(Time, Configuration.Relay.Connect, trusted);
        _routerActor = System.Value.ActorOf(Props.Create(() => new ScriptedRouter(this)));
        _accountActor = System.Value.ActorOf(Props.Create(() => new Recorder(this)));
        Relay = new RelayService(_routerActor, _directory, _outbound, Ledger, _clock, Log);
    }

    public ManualTimeProvider Time { get; } = new();

    public ProxyConfiguration Configuration { get; }

    public RelayService Relay { get; }

    public BugLog Log { get; } = new();

    public Rows Ledger { get; } = new();

    public int Watched => _clock.Watched;

    public IEnumerable<AccountCommands.LeaseEnded> Ended => _told.OfType<AccountCommands.LeaseEnded>();

    public IEnumerable<AccountCommands.Observed> Observed => _told.OfType<AccountCommands.Observed>();

    public int LeasesGiven { get; private set; }

    public int AskedNext => _router.OfType<RouterCommands.Next>().Count();

    /// <summary>The answer when no account is left.</summary>
    public RoutingFailure NothingLeft { get; set; } = new() { Error = new ClientError(503, "nobody is left") };

    /// <summary>Lets the router answer only when the test says so.</summary>
    public TaskCompletionSource? HoldRouter { get; set; }

    /// <summary>The next account of the script, at a scripted upstream.</summary>
    public RawUpstream Add(Func<RawCall, Task> script, UpstreamKind kind = UpstreamKind.Claude, X509Certificate2? certificate = null, Func<Lease, Lease>? edit = null)
    {
        var upstream = new RawUpstream(script, certificate);
        _owned.Add(upstream);
        AddAt(upstream.Address, kind, edit);
        return upstream;
    }

    /// <summary>The next account of the script, at any address.</summary>
    public void AddAt(Uri address, UpstreamKind kind = UpstreamKind.Claude, Func<Lease, Lease>? edit = null)
    {
        var number = _accounts.Count + 1;
        var account = new AccountId($"{kind.ToString().ToLowerInvariant()}-{number}");
        _directory.Set(account, _accountActor);
        _accounts.Add(ticket =>
        {
            var lease = new Lease
            {
                Id = LeaseId.Next(),
                Ticket = ticket,
                Account = account,
                Label = $"account {number}",
                Provider = kind.ToString().ToLowerInvariant(),
                Kind = kind,
                BaseUrl = address,
                UpstreamModel = "upstream-model",
                IsOAuth = true,
                Token = new Secret($"sandbox-access-{number}"),
                Generation = 1,
                NoProxy = true,
                Purpose = Purpose.Inference,
            };
            return edit?.Invoke(lease) ?? lease;
        });
    }

    /// <summary>A client calls.</summary>
    public RelayCall Call(Dialect dialect = Dialect.AnthropicMessages, bool stream = true, string? body = null, TestSink? sink = null, IDisposable? owner = null, CancellationTokenSource? clientGone = null)
    {
        var json = body ?? dialect switch
        {
            Dialect.AnthropicMessages => $$"""{"model":"asked-model","max_tokens":100,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""",
            Dialect.OpenAIChat => $$"""{"model":"asked-model","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""",
            _ => $$"""{"model":"asked-model","stream":{{(stream ? "true" : "false")}},"input":"hi"}""",
        };
        var client = ClientRequestReader.Read(dialect, Encoding.UTF8.GetBytes(json), new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), out var problem);
        problem.ShouldBeNull();
        var request = new RelayRequest
        {
            RequestId = "req-test",
            Client = client!,
            BodyOwner = owner,
            Model = new ResolvedModel("asked-model", "asked-model", null, null, null),
            Facts = new RoutingFacts { Dialect = dialect, AskedModel = "asked-model", Model = "asked-model", Purpose = Purpose.Inference, Configuration = Configuration },
            Operation = Operation.Generate,
            Configuration = Configuration,
        };
        var call = new RelayCall(sink ?? new TestSink(), clientGone ?? new CancellationTokenSource());
        call.Task = Relay.RunAsync(request, call.Sink, call.ClientGone.Token);
        return call;
    }

    /// <summary>Waits until a message of the kind was told to an account.</summary>
    public async Task<T> ToldAsync<T>()
    {
        while (true)
        {
            if (_told.OfType<T>().FirstOrDefault() is { } found)
            {
                return found;
            }

            (await _arrived.WaitAsync(FailSafe)).ShouldBeTrue($"no {typeof(T).Name} was told");
        }
    }

    /// <summary>Every lease ended once, every request ended once, nobody is watched any more.</summary>
    public async Task ShouldBeBalancedAsync(int requests = 1)
    {
        while (_router.OfType<RouterCommands.RequestEnded>().Count() < requests || Ended.Count() < LeasesGiven)
        {
            (await _arrived.WaitAsync(FailSafe)).ShouldBeTrue($"given {LeasesGiven} leases, ended {Ended.Count()}; requests ended {_router.OfType<RouterCommands.RequestEnded>().Count()} of {requests}");
        }

        _router.OfType<RouterCommands.RequestEnded>().Count().ShouldBe(requests);
        Ended.Select(e => e.Lease).Distinct().Count().ShouldBe(LeasesGiven);
        Ended.Count().ShouldBe(LeasesGiven);
        Ledger.All.Count.ShouldBe(LeasesGiven);
        Log.Bugs.ShouldBeEmpty();
        Watched.ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        _outbound.Dispose();
        _clock.Dispose();
        System.Value.Stop(_routerActor);
        System.Value.Stop(_accountActor);
    }

    private object Answer(TicketId ticket)
    {
        if (LeasesGiven == _accounts.Count)
        {
            return new RouterAnswers.Fail(NothingLeft);
        }

        var lease = _accounts[LeasesGiven++](ticket);
        return new RouterAnswers.Use(lease, StripReasoning: false, LeasesGiven);
    }

    private sealed class ScriptedRouter(RelayBench bench) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            bench._router.Enqueue(message);
            bench._arrived.Release();
            var asker = Sender;
            switch (message)
            {
                case RouterCommands.Begin begin when bench.HoldRouter is { } hold:
                    _ = hold.Task.ContinueWith(_ => bench.Answer(begin.Ticket), TaskScheduler.Default).PipeTo(asker);
                    break;
                case RouterCommands.Begin begin:
                    asker.Tell(bench.Answer(begin.Ticket));
                    break;
                case RouterCommands.Next next:
                    asker.Tell(bench.Answer(next.Ticket));
                    break;
                default:
                    break;
            }
        }
    }

    private sealed class Recorder(RelayBench bench) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            bench._told.Enqueue(message);
            bench._arrived.Release();
        }
    }

    /// <summary>Fails the test for every bug of ours that the relay had to catch.</summary>
    internal sealed class BugLog : ILogger<RelayService>
    {
        private readonly TestScope _scope = TestScope.Current;

        public ConcurrentQueue<string> Bugs { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Note($"{formatter(state, exception)}: {exception}");

        private void Note(string line)
        {
            _scope.Show(line, ShownIn.Log);
            Bugs.Enqueue(line);
        }
    }

    internal sealed class Rows : IUsageSink
    {
        private readonly ConcurrentQueue<UsageRow> _rows = new();

        public IReadOnlyCollection<UsageRow> All => _rows;

        public void Record(UsageRow row) => _rows.Enqueue(row);
    }
}

/// <summary>A call of a client under way.</summary>
internal sealed class RelayCall(TestSink sink, CancellationTokenSource clientGone)
{
    public TestSink Sink => sink;

    public CancellationTokenSource ClientGone => clientGone;

    public Task<RelayResult> Task { get; set; } = null!;

    /// <summary>What became of it.</summary>
    public Task<RelayResult> Result => Task.WaitAsync(FailSafe.Limit);
}
