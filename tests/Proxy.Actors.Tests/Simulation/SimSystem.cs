using Akka.Actor;
using Akka.Configuration;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Simulation;

/// <summary>An actor system whose actors run on a <see cref="SimDispatcher"/>.</summary>
internal sealed class SimSystem : IDisposable
{
    private readonly IActorRef _nursery;

    public SimSystem()
    {
        System = ActorSystem.Create(
            "simulated", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [], log-dead-letters = off }\n" + SimDispatcher.Configuration));
        Dispatcher = (SimDispatcher)System.Dispatchers.Lookup(SimDispatcher.Name);
        _nursery = System.ActorOf(Props.Create(() => new Nursery()));
    }

    public ActorSystem System { get; }

    public SimDispatcher Dispatcher { get; }

    /// <summary>Starts an actor on the dispatcher. It begins when that runs next: actors of the first level begin when the system finds time.</summary>
    public IActorRef Start(Props props) => _nursery.Ask<IActorRef>(props.WithDispatcher(SimDispatcher.Name), CancellationToken.None).WaitAsync(FailSafe.Limit, FailSafe.SystemClock).GetAwaiter().GetResult();

    public void Dispose()
    {
        Dispatcher.LetGo();
        System.Terminate().WaitAsync(FailSafe.Limit, FailSafe.SystemClock).GetAwaiter().GetResult();
    }

    private sealed class Nursery : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Props props)
            {
                Sender.Tell(Context.ActorOf(props));
            }
        }
    }
}
