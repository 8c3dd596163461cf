using System.Collections.Concurrent;
using Akka.Actor;

namespace Proxy.Actors.Tests.Routing;

/// <summary>An actor that keeps what it is told, for a test to take in order.</summary>
internal sealed class Probe
{
    private static readonly TimeSpan FailSafe = Proxy.Testing.FailSafe.Limit;
    private readonly BlockingCollection<(object Message, IActorRef Sender)> _received = [];

    public Probe(IActorRefFactory system) => Ref = system.ActorOf(Props.Create(() => new Recorder(_received)));

    public IActorRef Ref { get; }

    public IActorRef LastSender { get; private set; } = ActorRefs.Nobody;

    public int Waiting => _received.Count;

    /// <summary>The next message, which must be a <typeparamref name="T"/>.</summary>
    public T Expect<T>()
    {
        _received.TryTake(out var next, FailSafe).ShouldBeTrue($"no {typeof(T).Name} came");
        LastSender = next.Sender;
        return next.Message.ShouldBeOfType<T>();
    }

    /// <summary>Everything that has come so far.</summary>
    public List<object> TakeAll()
    {
        var all = new List<object>();
        while (_received.TryTake(out var next))
        {
            all.Add(next.Message);
        }

        return all;
    }

    private sealed class Recorder(BlockingCollection<(object Message, IActorRef Sender)> received) : UntypedActor
    {
        protected override void OnReceive(object message) => received.Add((message, Sender));
    }
}
