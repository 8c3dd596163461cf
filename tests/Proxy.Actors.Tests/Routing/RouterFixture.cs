using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Routing;
using Proxy.Testing;
using Proxy.Testing.Secrets;
using static Proxy.Actors.Accounts.AccountEvents;
using static Proxy.Actors.Routing.RouterCommands;

namespace Proxy.Actors.Tests.Routing;

/// <summary>A router on virtual time among probes: one per account, one for the relay's side.</summary>
public abstract class RouterFixture : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("router-test", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }"));
    private long _lastTicket;

    internal ManualTimeProvider Time { get; } = new(Given.Start);

    internal AccountDirectory Directory { get; } = new();

    internal PublishedRoutingTable Table { get; } = new();

    internal IActorRef Router { get; private set; } = ActorRefs.Nobody;

    internal Probe Relay { get; private set; } = null!;

    internal ActorSystem System => _system;

    internal Dictionary<string, Probe> Accounts { get; } = [];

    protected virtual RoutingOptions Options => new();

    public Task InitializeAsync()
    {
        Router = _system.ActorOf(RouterActor.Props(new ProxyConfiguration { Routing = Options }, Directory, Table, Time), "router");
        Relay = new Probe(_system);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _system.Terminate().WaitAsync(FailSafe.Limit);

    internal Probe Add(AccountSnapshot snapshot)
    {
        var probe = new Probe(_system);
        Accounts[snapshot.Id.Value] = probe;
        Directory.Set(snapshot.Id, probe.Ref);
        Tell(snapshot);
        return probe;
    }

    internal void Tell(AccountSnapshot snapshot) => Router.Tell(new SnapshotChanged(snapshot), Accounts[snapshot.Id.Value].Ref);

    internal TicketId Begin(RoutingFacts? facts = null, TimeSpan? deadline = null)
    {
        var ticket = new TicketId(Interlocked.Increment(ref _lastTicket));
        Router.Tell(new Begin(ticket, facts ?? Given.Facts(routing: Options), Time.GetUtcNow() + (deadline ?? TimeSpan.FromMinutes(60))), Relay.Ref);
        return ticket;
    }

    /// <summary>The account grants what it was asked; the relay gets it.</summary>
    internal RouterAnswers.Use Serve(AccountSnapshot account)
    {
        var acquire = Accounts[account.Id.Value].Expect<AccountCommands.Acquire>();
        Router.Tell(new Granted(account.Lease(acquire.Ticket, acquire.Purpose)), Accounts[account.Id.Value].Ref);
        return Relay.Expect<RouterAnswers.Use>();
    }

    /// <summary>Whichever of them is asked next grants; what the router was told before is done by then.</summary>
    internal RouterAnswers.Use ServeAny(params AccountSnapshot[] among)
    {
        State();
        AccountSnapshot? asked = null;
        SpinWait.SpinUntil(() => (asked = among.FirstOrDefault(a => Accounts[a.Id.Value].Waiting > 0)) is not null, FailSafe.Limit).ShouldBeTrue("nobody was asked");
        return Serve(asked!);
    }

    /// <summary>Lets time pass once the router has done all that it was told.</summary>
    internal void Pass(double seconds)
    {
        State();
        Time.Advance(TimeSpan.FromSeconds(seconds));
    }

    internal void Refuse(AccountSnapshot account, TicketId ticket) =>
        Router.Tell(new Refused(account.Id, ticket, account.Blocked!, account), Accounts[account.Id.Value].Ref);

    /// <summary>The relay reports a failure and wants another attempt; the account applies it and tells its new snapshot.</summary>
    internal void FailAttempt(Lease lease, AttemptOutcome outcome, AccountSnapshot? after = null)
    {
        if (after is not null)
        {
            Tell(after);
        }

        Router.Tell(new AttemptEnded(lease.Account, lease.Ticket, lease.Id, outcome), Accounts[lease.Account.Value].Ref);
        Router.Tell(new Next(lease.Ticket, lease.Id), Relay.Ref);
    }

    internal void End(TicketId ticket) => Router.Tell(new RequestEnded(ticket), Relay.Ref);

    /// <summary>The router's state, after everything that it was told before.</summary>
    internal RouterView State()
    {
        var asker = new Probe(_system);
        Router.Tell(GetState.Instance, asker.Ref);
        var view = asker.Expect<RouterView>();
        TestScope.Current.Show(JsonSerializer.Serialize(view), ShownIn.Debug);
        return view;
    }
}
