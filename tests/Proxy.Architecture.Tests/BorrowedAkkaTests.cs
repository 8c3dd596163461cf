using Akka.Actor;
using Akka.Configuration;
using Proxy.Testing;

namespace Proxy.Architecture.Tests;

/// <summary>The Akka proof of docs/decisions/0001: real actors run from the borrowed assembly.</summary>
public sealed class BorrowedAkkaTests
{
    [Fact]
    public void The_assembly_is_the_one_that_was_chosen()
    {
        // a stray copy of another flavour beside the project would silently win over the path (spec/akka-subset.md)
        var version = typeof(ActorSystem).Assembly.GetName().Version.ShouldNotBeNull();

        (version.Major, version.Minor, version.Build).ShouldBe((1, 4, 46));
    }

    [Fact]
    public async Task An_actor_answers_supervises_and_is_watched()
    {
        var settings = ConfigurationFactory.ParseString(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "config.hocon")));
        using var system = ActorSystem.Create("proof", settings);
        var limit = FailSafe.Token();
        var parent = system.ActorOf(Props.Create(() => new Parent()), "parent");

        (await parent.Ask<string>("hello", limit)).ShouldBe("1: hello");
        parent.Tell("fail");
        (await parent.Ask<string>("again", limit)).ShouldBe("1: again");

        var watcher = Inbox.Create(system);
        watcher.Watch(parent);
        parent.Tell(PoisonPill.Instance);
        (await watcher.ReceiveAsync(FailSafe.Limit)).ShouldBeOfType<Terminated>();
        await system.Terminate();
    }

    private sealed class Parent : UntypedActor
    {
        private readonly IActorRef _child;

        public Parent() => _child = Context.ActorOf(Props.Create(() => new Child()), "child");

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(3, 60_000, _ => Directive.Restart);

        protected override void OnReceive(object message) => _child.Forward(message);
    }

    private sealed class Child : UntypedActor
    {
        private int _answered;

        protected override void OnReceive(object message)
        {
            if (message is "fail")
            {
                throw new InvalidOperationException("on purpose");
            }

            Sender.Tell($"{++_answered}: {message}");
        }
    }
}
