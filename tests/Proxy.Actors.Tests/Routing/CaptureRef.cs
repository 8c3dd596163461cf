using System.Collections.Concurrent;
using Akka.Actor;

namespace Proxy.Actors.Tests.Routing;

/// <summary>A reference that keeps what it is told on the teller's own thread: whoever told it is done when it has it.</summary>
internal sealed class CaptureRef(ActorSystem system, string name) : MinimalActorRef
{
    private static readonly TimeSpan FailSafe = Proxy.Testing.FailSafe.Limit;
    private readonly BlockingCollection<object> _messages = [];

    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "capture" / name;

    public override IActorRefProvider Provider { get; } = ((ExtendedActorSystem)system).Provider;

    public List<object> TakeAll()
    {
        var all = new List<object>();
        while (_messages.TryTake(out var message))
        {
            all.Add(message);
        }

        return all;
    }

    public T Expect<T>()
    {
        _messages.TryTake(out var message, FailSafe).ShouldBeTrue($"no {typeof(T).Name} came");
        return message.ShouldBeOfType<T>();
    }

    protected override void TellInternal(object message, IActorRef sender) => _messages.Add(message);
}
