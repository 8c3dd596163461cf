using Akka.Actor;
using Akka.Configuration;
using Proxy.Actors.Engine;

namespace Proxy.Actors.Tests.Engine;

/// <summary>Questions to actors that have stopped: they must not cost a second each.</summary>
public sealed class ActorQuestionsTests
{
    [Fact]
    public async Task Stopped_actor_is_noticed_without_any_time_passing()
    {
        var system = ActorSystem.Create("test", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [], log-dead-letters = off }"));
        var living = system.ActorOf(Props.Create(() => new Echo()));
        var dead = system.ActorOf(Props.Create(() => new Echo()));
        await dead.GracefulStop(Proxy.Testing.FailSafe.Limit);

        var (answer, isGone) = await ActorQuestions.PutAsync<string>(dead, "hello", CancellationToken.None).WaitAsync(Proxy.Testing.FailSafe.Limit);
        var (echo, livingIsGone) = await ActorQuestions.PutAsync<string>(living, "hello", CancellationToken.None).WaitAsync(Proxy.Testing.FailSafe.Limit);

        (answer, isGone).ShouldBe((null, true));
        (echo, livingIsGone).ShouldBe(("hello", false));
        await system.Terminate();
    }

    [Fact]
    public async Task Actor_that_does_not_answer_is_not_taken_for_gone()
    {
        var system = ActorSystem.Create("test", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [], log-dead-letters = off }"));
        var silent = system.ActorOf(Props.Create(() => new Silent()));
        using var limit = new CancellationTokenSource();

        var question = ActorQuestions.PutAsync<string>(silent, "hello", limit.Token);
        await silent.Ask<ActorIdentity>(new Identify(null), CancellationToken.None);
        question.IsCompleted.ShouldBeFalse();
        await limit.CancelAsync();

        (await question.WaitAsync(Proxy.Testing.FailSafe.Limit)).ShouldBe((null, false));
        await system.Terminate();
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    private sealed class Silent : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }
}
