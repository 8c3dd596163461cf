using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;

namespace Proxy.Actors.Routing;

/// <summary>
/// What the router must not lose when it is restarted: the latest snapshot of every account, in order of their ids, the
/// actor that each came from, and the options in force. Used by the router's actor alone.
/// </summary>
internal sealed class AccountBook(RoutingOptions options, PublishedRoutingTable published)
{
    private readonly Dictionary<AccountId, IActorRef> _actors = [];
    private AccountSnapshot[] _snapshots = [];

    public RoutingOptions Options { get; set; } = options;

    public ReadOnlySpan<AccountSnapshot> All => _snapshots;

    /// <summary>The actors that snapshots came from.</summary>
    public IEnumerable<IActorRef> Actors => _actors.Values.Distinct();

    /// <summary>Keeps the snapshot.</summary>
    /// <returns>True when its actor is new and must be watched.</returns>
    public bool Keep(AccountSnapshot snapshot, IActorRef actor)
    {
        var index = Array.FindIndex(_snapshots, s => s.Id == snapshot.Id);
        AccountSnapshot[] next = index >= 0 ? [.. _snapshots] : [.. _snapshots, snapshot];
        if (index >= 0)
        {
            next[index] = snapshot;
        }
        else
        {
            Array.Sort(next, static (a, b) => string.CompareOrdinal(a.Id.Value, b.Id.Value));
        }

        Publish(next);
        if (_actors.TryGetValue(snapshot.Id, out var known) && known.Equals(actor))
        {
            return false;
        }

        var isNew = !_actors.ContainsValue(actor);
        _actors[snapshot.Id] = actor;
        return isNew;
    }

    /// <summary>The accounts whose newest snapshot came from <paramref name="actor"/>.</summary>
    public AccountId[] Of(IActorRef actor) => [.. _actors.Where(a => a.Value.Equals(actor)).Select(a => a.Key)];

    /// <summary>Forgets the account.</summary>
    public void Forget(AccountId account)
    {
        _actors.Remove(account);
        Publish(Array.FindAll(_snapshots, s => s.Id != account));
    }

    /// <summary>How many accounts serve the model, and the most extra rounds that one of them, or <paramref name="retries"/>, allows.</summary>
    public (int Accounts, int Retries) Reach(string model, int retries)
    {
        var count = 0;
        var most = 0;
        foreach (var snapshot in _snapshots)
        {
            if (snapshot.Models.Find(model) is { } served)
            {
                // each member of a pool is worth a try, as each account is
                count += served.Upstreams.Count;
                most = Math.Max(most, snapshot.RequestRetry ?? retries);
            }
        }

        return (count, count == 0 ? retries : most);
    }

    public AccountSnapshot? Find(AccountId account)
    {
        foreach (var snapshot in _snapshots)
        {
            if (snapshot.Id == account)
            {
                return snapshot;
            }
        }

        return null;
    }

    private void Publish(AccountSnapshot[] snapshots)
    {
        _snapshots = snapshots;
        published.Publish(new RoutingTable(snapshots));
    }
}
