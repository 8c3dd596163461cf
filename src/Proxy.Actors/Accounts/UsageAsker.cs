using Akka.Actor;
using Microsoft.Extensions.Logging;
using Proxy.Actors.UsageEndpoints;

namespace Proxy.Actors.Accounts;

/// <summary>Asks an account's usage endpoint, outside of its actor; the answer comes as <see cref="AccountMessages.UsageAnswered"/>. Used by its actor alone.</summary>
internal sealed class UsageAsker(UsageClient? client, AccountMemory memory, IActorRef self, ILogger log)
{
    /// <summary>Asks, if it is time to.</summary>
    public void AskIfDue(DateTimeOffset now)
    {
        if (client is null || memory.State is not { } state || !UsageRules.ShouldAsk(state, now))
        {
            return;
        }

        var (question, generation) = (UsageRules.ToQuestion(state), state.Token!.Generation);
        memory.State = state.Apply(new AccountChange.UsageAsked(now));
        _ = Task.Run(() => client.AskAsync(question, CancellationToken.None)).PipeTo(
            self,
            self,
            success: answer => new AccountMessages.UsageAnswered(answer, generation),
            failure: e => new AccountMessages.UsageAnswered(new UsageAnswer.Failed($"asking failed ({e.GetType().Name})"), generation));
    }

    /// <summary>Takes the answer.</summary>
    public void Take(AccountMessages.UsageAnswered answered, DateTimeOffset now)
    {
        var before = memory.State!;
        memory.State = before.Apply(new AccountChange.UsageAnswered(answered.Answer, answered.Generation, now));
        if (memory.State.Usage is { IsOff: true } && !before.Usage.IsOff)
        {
            log.LogInformation("{Account}: its usage endpoint is not asked any more, until a reload: {Reason}", before.Profile.Name, memory.State.Usage.Reason);
        }
        else if (answered.Answer is UsageAnswer.Failed failed)
        {
            log.LogDebug("{Account}: its quota could not be asked for: {Reason}; next try at {NextTry:u}", before.Profile.Name, failed.Reason, memory.State.Usage.NextTry);
        }
    }
}
