using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Configuration;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Ledger;
using Proxy.Actors.Outbound;
using Proxy.Actors.Relay;
using Proxy.Actors.Routing;
using Proxy.Actors.UsageEndpoints;

namespace Proxy.Actors.Engine;

/// <summary>Builds the parts, holds them together, and takes them down in order.</summary>
public sealed class ProxyEngine : IProxyEngine
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly EngineServices _services;
    private readonly StateDirectoryLock _lock;
    private readonly ActorSystem _system;
    private readonly ActorRegistry _registry = new();
    private readonly AccountDirectory _directory = new();
    private readonly PublishedRoutingTable _table = new();
    private readonly OutboundFactory _outbound;
    private readonly StreamClock _clock;
    private readonly LedgerQueue _ledger = new();
    private readonly Task _ledgerTask;
    private readonly RunningRenewals _renewals = new();
    private readonly ActorTree _tree;
    private int _isDisposed;

    private ProxyEngine(ProxyConfiguration configuration, EngineServices services, StateDirectoryLock held)
    {
        _services = services;
        _lock = held;
        var writer = new LedgerWriter(_ledger, new LedgerDatabase(configuration.StateDirectory), services.Time, services.Logs.CreateLogger<LedgerWriter>());
        _ledger.Options = configuration.Ledger;
        writer.Open();
        _ledgerTask = Task.Run(writer.RunAsync);

        _outbound = new OutboundFactory(services.Time, configuration.Relay.Connect, services.AlsoTrusted);
        _clock = new StreamClock(services.Time);
        _tree = new ActorTree(_registry, _directory, services.Time);

        _system = ActorSystem.Create("proxy", ConfigurationFactory.ParseString(services.Hocon));
        _registry.Register<LedgerActor>(_system.ActorOf(LedgerActor.Props(_ledger, writer), "ledger"));
        var router = _system.ActorOf(RouterActor.Props(configuration, _directory, _table, services.Time), "router");
        _registry.Register<RouterActor>(router);

        var accounts = new AccountServices(services.Time, services.Logs, services.Catalogue, new InvokerTokenTransport(_outbound.For), Random.Shared.NextDouble) { StateStore = _ledger, Usage = new UsageClient(_outbound.For, services.Time), Renewals = _renewals };
        _registry.Register<AccountsActor>(_system.ActorOf(AccountsActor.Props(configuration, router, _directory, accounts), "accounts"));
        Accounts = new AccountControl(_registry, _directory, _ledger.WhenWrittenAsync, services.Time);
        Relay = new RelayService(router, _directory, _outbound, _ledger, _clock, services.Logs.CreateLogger<RelayService>());
    }

    /// <inheritdoc />
    public IRelay Relay { get; }

    /// <inheritdoc />
    public IAccountControl Accounts { get; }

    /// <inheritdoc />
    public RoutingTable Table => _table.Current;

    /// <summary>Starts an engine and waits until the router knows every account that there is.</summary>
    /// <exception cref="EngineStartException">Its state directory is in use or can't be used.</exception>
    public static async Task<ProxyEngine> StartAsync(ProxyConfiguration configuration, EngineServices services, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(services);
        cancellation.ThrowIfCancellationRequested();
        var held = StateDirectoryLock.Take(configuration.StateDirectory);
        ProxyEngine engine;
        try
        {
            engine = new ProxyEngine(configuration, services, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }

        try
        {
            await engine._registry.Get<AccountsActor>().Ask<AccountsCommands.Ready>(AccountsCommands.AwaitReady.Instance, cancellation);

            // The accounts have told the router of themselves before they were ready; whoever asks it now is answered after that.
            await engine._registry.Get<RouterActor>().Ask<RouterView>(Diagnostics.GetState.Instance, cancellation);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public Task ReconfigureAsync(ProxyConfiguration configuration, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _ledger.Options = configuration.Ledger;
        _registry.Get<RouterActor>().Tell(new RouterCommands.Reconfigure(configuration), ActorRefs.NoSender);
        _registry.Get<AccountsActor>().Tell(new AccountsCommands.Reconfigure(configuration), ActorRefs.NoSender);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<JsonObject> DescribeAsync(CancellationToken cancellation) => _tree.DescribeAsync(cancellation);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        // Actors first: what they save on their way out still reaches the ledger.
        await WithinAsync(_system.Terminate());
        await WithinAsync(_renewals.WhenEnded());
        _ledger.Complete();
        await WithinAsync(_ledgerTask);
        _clock.Dispose();
        _outbound.Dispose();
        _lock.Dispose();
    }


    private async Task WithinAsync(Task stopping)
    {
        try
        {
            await stopping.WaitAsync(StopLimit, _services.Time);
        }
        catch (TimeoutException)
        {
            _services.Logs.CreateLogger<ProxyEngine>().LogWarning("a part of the engine did not stop within {Seconds} s and is left behind", StopLimit.TotalSeconds);
        }
    }
}
