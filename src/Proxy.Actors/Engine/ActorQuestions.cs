using Akka.Actor;

namespace Proxy.Actors.Engine;

/// <summary>Questions to actors that may stop meanwhile.</summary>
internal static class ActorQuestions
{
    /// <summary>How long an actor may take to say how it is.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Asks. An actor that has stopped answers nothing, ever; so it is asked who it is as well, which the system answers
    /// in its place.
    /// </summary>
    /// <returns>The answer; null with <c>IsGone</c> when the actor has stopped, without when it did not answer in time.</returns>
    public static async Task<(T? Answer, bool IsGone)> PutAsync<T>(IActorRef actor, object question, CancellationToken cancellation)
        where T : class
    {
        try
        {
            var answer = actor.Ask<T>(question, cancellation);
            var identity = await actor.Ask<ActorIdentity>(new Identify(null), cancellation);

            // It takes one message after the other: who says its name has taken the question before.
            return identity.Subject is null && !answer.IsCompletedSuccessfully ? (null, true) : (await answer, false);
        }
        catch (Exception e) when (e is OperationCanceledException or AskTimeoutException)
        {
            return (null, false);
        }
    }
}
