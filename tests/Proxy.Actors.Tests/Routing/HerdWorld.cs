using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Outbound;
using Proxy.Actors.Routing;
using Proxy.Actors.Tests.Simulation;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;
using Proxy.Testing;
using static Proxy.Actors.Routing.RouterCommands;

namespace Proxy.Actors.Tests.Routing;

/// <summary>The real router and real accounts (API keys) on one thread and virtual time: who is let in, and in which order.</summary>
internal sealed class HerdWorld : IDisposable
{
    public const string Model = "claude-sonnet-4-5";

    private readonly SimSystem _system = new();
    private readonly SimDispatcher _dispatcher;
    private readonly AccountDirectory _directory = new();
    private readonly IActorRef _router;
    private readonly ProxyConfiguration _configuration;
    private long _lastTicket;

    public HerdWorld(RoutingOptions? routing, params (int Priority, int? MaxConcurrent)[] accounts)
    {
        _configuration = new ProxyConfiguration { Routing = routing ?? new RoutingOptions() };
        _dispatcher = _system.Dispatcher;
        var (router, store) = (_system.Start(RouterActor.Props(_configuration, _directory, new PublishedRoutingTable(), Time)), new CredentialStore("/nowhere", "/nowhere", Time));
        _router = router;
        var services = new AccountServices(Time, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, ModelCatalogue.Default, new NoTokens(), static () => 0);
        var renewal = new TokenRenewal(store, new TokenRefresher(services.Transport, Time), Time);
        for (var i = 0; i < accounts.Length; i++)
        {
            var definition = AccountDefinition.OfEntry(
                new ApiKeyAccount
                {
                    Provider = "claude",
                    Kind = UpstreamKind.Claude,
                    ApiKey = "sandbox-key",
                    BaseUrl = new Uri("http://127.0.0.1:1"),
                    EntryKey = $"entry-{i}",
                    Priority = accounts[i].Priority,
                    MaxConcurrent = accounts[i].MaxConcurrent,
                },
                _configuration);
            var memory = new AccountMemory(definition);
            Names[definition.Id] = (char)('A' + i);
            _directory.Set(definition.Id, _system.Start(Props.Create(() => new AccountActor(memory, definition, router, services, store, renewal))));
        }

        _dispatcher.RunAll();
    }

    public ManualTimeProvider Time { get; } = new(Given.Start);

    /// <summary>A is the first account, B the second, …</summary>
    public Dictionary<AccountId, char> Names { get; } = [];

    public List<Request> Requests { get; } = [];

    /// <summary>In which order leases were given.</summary>
    public List<Request> Granted { get; } = [];

    public IEnumerable<Request> RunningOn(char account) => Requests.Where(r => r.Account == account);

    public IEnumerable<Request> Waiting => Requests.Where(r => r is { Lease: null, IsOver: false });

    /// <summary>Requests come, all before anybody answers.</summary>
    public Request[] Begin(params string?[] sessions) => Begin(Purpose.Inference, sessions);

    public Request[] Begin(Purpose purpose, params string?[] sessions)
    {
        var begun = sessions.Select(session => new Request(_system.System, this, new TicketId(++_lastTicket), session)).ToArray();
        foreach (var request in begun)
        {
            Requests.Add(request);
            var facts = new RoutingFacts { Dialect = Dialect.AnthropicMessages, AskedModel = Model, Model = Model, Purpose = purpose, Session = request.Session, Configuration = _configuration };
            _router.Tell(new Begin(request.Ticket, facts, Time.GetUtcNow() + TimeSpan.FromHours(1)), request);
        }

        _dispatcher.RunAll();
        return begun;
    }

    /// <summary>They end well, all before anybody answers.</summary>
    public void Succeed(params Request[] requests)
    {
        foreach (var request in requests)
        {
            var lease = request.Take();
            request.IsOver = true;
            _directory.Tell(new AccountCommands.LeaseEnded(lease.Account, lease.Id, AttemptOutcome.Success), ActorRefs.NoSender);
            _router.Tell(new RequestEnded(request.Ticket), request);
        }

        _dispatcher.RunAll();
    }

    /// <summary>They fail and want to go on, all before anybody answers.</summary>
    public void Fail(AttemptOutcome outcome, params Request[] requests)
    {
        foreach (var request in requests)
        {
            var lease = request.Take();
            _directory.Tell(new AccountCommands.LeaseEnded(lease.Account, lease.Id, outcome), ActorRefs.NoSender);
            _router.Tell(new Next(request.Ticket, lease.Id), request);
        }

        _dispatcher.RunAll();
    }

    /// <summary>Their clients leave; the relay tells the router alone, as when it was itself cut off.</summary>
    public void Leave(params Request[] requests)
    {
        foreach (var request in requests)
        {
            request.IsOver = true;
            request.Lease = null;
            _router.Tell(new RequestEnded(request.Ticket), request);
        }

        _dispatcher.RunAll();
    }

    public void Advance(TimeSpan by)
    {
        Time.Advance(by);
        _dispatcher.RunAll();
    }

    public RouterView State()
    {
        var asker = new CaptureRef(_system.System, "asker");
        _router.Tell(GetState.Instance, asker);
        _dispatcher.RunAll();
        return asker.Expect<RouterView>();
    }

    public void Dispose() => _system.Dispose();

    /// <summary>A request, and the relay's ear of it.</summary>
    internal sealed class Request(ActorSystem system, HerdWorld world, TicketId ticket, string? session) : MinimalActorRef
    {
        public TicketId Ticket => ticket;

        public string? Session => session;

        public Lease? Lease { get; set; }

        public char? Account => Lease is { } lease ? world.Names[lease.Account] : null;

        public bool IsOver { get; set; }

        public RoutingFailure? Failure { get; private set; }

        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "relay";

        public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

        public Lease Take()
        {
            var lease = Lease.ShouldNotBeNull();
            Lease = null;
            return lease;
        }

        protected override void TellInternal(object message, IActorRef sender)
        {
            if (message is RouterAnswers.Use use)
            {
                Lease = use.Lease;
                world.Granted.Add(this);
            }
            else
            {
                (Failure, IsOver) = (message.ShouldBeOfType<RouterAnswers.Fail>().Failure, true);
            }
        }
    }

    private sealed class NoTokens : ITokenTransport
    {
        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, OutboundRoute route, CancellationToken cancellation) =>
            throw new InvalidOperationException("an API key has nothing to refresh");
    }
}
