using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Proxy.Actors.Accounts;

/// <summary>Tells the router an account's snapshot whenever it means something else than the last one, and the log when it stops serving or serves again. Used by its actor alone.</summary>
internal sealed class SnapshotPublisher(IActorRef router, IActorRef self, ILogger log)
{
    private AccountSnapshot? _published;

    /// <summary>True when the router goes by another outlook. Cheaper than a snapshot: readings come with every answer.</summary>
    public bool IsOutdatedBy(QuotaOutlook outlook) => _published is null || !outlook.MeansTheSameAs(_published.Outlook);

    /// <summary>Tells it, if it means something else.</summary>
    public void Publish(AccountState state, DateTimeOffset now)
    {
        var snapshot = state.ToSnapshot(now);
        if (_published is null || !snapshot.MeansTheSameAs(_published))
        {
            BlockLog.Write(log, state.Profile, _published?.Blocked, snapshot.Blocked, isFirst: _published is null);
            _published = snapshot;
            router.Tell(new AccountEvents.SnapshotChanged(snapshot), self);
        }
    }
}
