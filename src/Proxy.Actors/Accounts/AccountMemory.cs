using Akka.Actor;
using Proxy.Actors.Credentials;
using Proxy.Actors.UsageEndpoints;

namespace Proxy.Actors.Accounts;

/// <summary>
/// What of an account outlives its actor's incarnations. The state in it is always one that was applied to its end, so
/// a failure in the middle of a message leaves the one before. Touched by the account's actor while it lives and by
/// AccountsActor while it does not; never by both.
/// </summary>
internal sealed class AccountMemory(AccountDefinition definition)
{
    private readonly Dictionary<LeaseId, IActorRef> _holders = [];

    /// <summary>What the account is made of, as last told.</summary>
    public AccountDefinition Definition { get; private set; } = definition;

    /// <summary>Null before the first incarnation.</summary>
    public AccountState? State { get; set; }

    /// <summary>The running refresh; it ends whoever lives, and its result is taken by whoever is there.</summary>
    public Task<RenewalOutcome>? Renewal { get; set; }

    /// <summary>The running one writes a pair that could not be written before, and no more.</summary>
    public bool RenewalOnlySaves { get; set; }

    /// <summary>Who ordered a refresh and waits for its outcome.</summary>
    public List<IActorRef> RefreshAskers { get; } = [];

    /// <summary>Tells them.</summary>
    public void AnswerRefreshAskers(OrderOutcome outcome, IActorRef self)
    {
        RefreshAskers.ForEach(a => a.Tell(outcome, self));
        RefreshAskers.Clear();
    }

    /// <summary>It is made of this now.</summary>
    public void Define(AccountDefinition definition, AccountServices services)
    {
        Definition = definition;
        var defined = AccountChange.Defined.By(definition, services.Catalogue, services.Time.GetUtcNow(), services.Jitter());
        if (services.Usage is not null && definition.FileName is not null)
        {
            defined = defined with { Profile = defined.Profile with { Usage = UsageEndpoint.For(definition.Kind, definition.Configuration) } };
        }

        State = State?.Apply(defined) ?? AccountStateJson.Recall(AccountState.From(defined), services.StateStore?.Load(definition.Id));
    }

    /// <summary>Remembers who asked for a lease.</summary>
    public void Granted(LeaseInFlight lease, IActorRef router)
    {
        State = State!.Apply(new AccountChange.LeaseGranted(lease));
        _holders[lease.Id] = router;
    }

    /// <summary>Applies the end of a lease.</summary>
    /// <returns>The router that asked for it and what it is to be told; null when the lease is not (any more) known.</returns>
    public (IActorRef Router, AccountEvents.AttemptEnded Ended)? End(AccountCommands.LeaseEnded ended, DateTimeOffset now)
    {
        if (State is not { } state || !state.Leases.TryGetValue(ended.Lease, out var lease))
        {
            return null;
        }

        State = state.Apply(new AccountChange.LeaseEnded(ended.Lease, ended.Outcome, now));
        return _holders.Remove(ended.Lease, out var router)
            ? (router, new AccountEvents.AttemptEnded(ended.AccountId, lease.Ticket, ended.Lease, ended.Outcome))
            : null;
    }

    /// <summary>Applies the release of a lease.</summary>
    public void Release(LeaseId lease)
    {
        State = State?.Apply(new AccountChange.LeaseReleased(lease));
        _holders.Remove(lease);
    }

    /// <summary>Lets go of leases that outlived their requests.</summary>
    /// <returns>How many there were.</returns>
    public int Expire(DateTimeOffset now)
    {
        var before = State!;
        State = before.Apply(new AccountChange.TimePassed(now));
        foreach (var lease in before.Leases.Keys.Where(l => !State.Leases.ContainsKey(l)))
        {
            _holders.Remove(lease);
        }

        return before.Leases.Count - State.Leases.Count;
    }
}
