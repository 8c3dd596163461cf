using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;

namespace Proxy.Actors.Routing;

/// <summary>Where a ticket stands.</summary>
internal enum TicketPhase
{
    /// <summary>An account has been asked for a lease.</summary>
    Acquiring,

    /// <summary>It waits for an account, or for its pace.</summary>
    Parked,

    /// <summary>The relay uses a lease.</summary>
    Running,

    /// <summary>The relay wants another attempt; the account has not reported the end of the last one yet.</summary>
    Ending,

    /// <summary>It got its final answer; only RequestEnded is still to come.</summary>
    Failed,
}

/// <summary>An account's refusal of this ticket: counts until the account changes, or until its time.</summary>
internal readonly record struct Refusal(AccountId Account, Ineligibility Reason, DateTimeOffset? Until);

/// <summary>One request in the router. Changed by the router alone.</summary>
internal sealed class Ticket(TicketId id, RoutingFacts facts, DateTimeOffset deadline, DateTimeOffset begun, IActorRef asker)
{
    private static readonly Ineligibility WithoutWeight = new(IneligibilityKind.Paused, null, "has weight 0 and takes no new conversations");

    public TicketId Id { get; } = id;

    public RoutingFacts Facts { get; } = facts;

    /// <summary>The routed name that is looked for now: the asked one, or a fallback of it.</summary>
    public string Model { get; private set; } = facts.Model;

    /// <summary>The seat of its session among the members of a pool of models; another one with each attempt. Null without a session.</summary>
    public int? Spread => Facts.Configuration.Routing.SessionAffinity && Facts.Session is { } session ? unchecked(ModelPools.SeatOf(session) + Attempts.Count) : null;

    /// <summary>How many fallbacks it has gone through.</summary>
    public int FallbacksUsed { get; private set; }

    /// <summary>The account that served its session last, when it came; null without one.</summary>
    public AccountId? Home { get; set; }

    public DateTimeOffset Deadline { get; private set; } = deadline;

    public DateTimeOffset Begun { get; } = begun;

    /// <summary>Who waits for Use or Fail.</summary>
    public IActorRef Asker { get; set; } = asker;

    public TicketPhase Phase { get; set; }

    /// <summary>The account that was asked, while <see cref="TicketPhase.Acquiring"/>.</summary>
    public AccountId AskedAccount { get; set; }

    /// <summary>The account to go on with, for a retry on the same one.</summary>
    public AccountId? Pinned { get; set; }

    /// <summary>Not before this: a paced retry.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>The account that was chosen and waits for its pace: its turn is not spent a second time.</summary>
    public AccountId? Paced { get; set; }

    /// <summary>It has waited for its session's account; that is done once.</summary>
    public bool HasWaitedForHome { get; set; }

    /// <summary>Until when this wait may last: from its first choice to a lease.</summary>
    public DateTimeOffset WaitLimit { get; set; }

    /// <summary>Set after a ForeignReasoning outcome, for all further attempts.</summary>
    public bool StripReasoning { get; set; }

    public List<Attempt> Attempts { get; } = new(1);

    public List<Refusal>? Refusals { get; private set; }

    public void Refuse(Refusal refusal) => (Refusals ??= []).Add(refusal);

    public void ForgetRefusals(AccountId account) => Refusals?.RemoveAll(r => r.Account == account);

    public void ForgetRefusals() => Refusals?.Clear();

    /// <summary>
    /// True when this request may not come (back) to the account, well as it may be: it has had its tries, or as many
    /// accounts as it may have, or the way there is dead.
    /// </summary>
    public bool IsSpent(AccountSnapshot account)
    {
        if (Attempts.Count == 0)
        {
            return false;
        }

        var routing = Facts.Configuration.Routing;
        var (tries, against) = (0, 0);
        for (var i = 0; i < Attempts.Count; i++)
        {
            var attempt = Attempts[i];
            tries += attempt.Account == account.Id && attempt.Model == Model && !RetryPolicy.IsMended(Attempts, i) ? 1 : 0;
            against += attempt.SpeaksAgainstWay > 0 && attempt.Way.IsSameAs(account.Way) ? attempt.SpeaksAgainstWay : 0;
        }

        return against >= RetryPolicy.WayIsDead
            || tries > (account.RequestRetry ?? routing.RequestRetry) + MembersOf(account) - 1
            || (routing.MaxRetryCredentials > 0 && LastOn(account.Id) is null && CountAccounts() >= routing.MaxRetryCredentials);
    }

    /// <summary>Models behind its name that this request has not tried there yet: of a pool, each attempt takes another one.</summary>
    public int Untried(AccountSnapshot account)
    {
        var tried = 0;
        foreach (var attempt in Attempts)
        {
            tried += attempt.Account == account.Id && attempt.Model == Model ? 1 : 0;
        }

        return Math.Max(0, MembersOf(account) - tried);
    }

    private int MembersOf(AccountSnapshot account) => account.Models.Find(Model)?.Upstreams.Count ?? 1;

    /// <summary>When the way to the account was last found unreachable by this request; null when it was not.</summary>
    public DateTimeOffset? LastUnreached(AccountSnapshot account)
    {
        for (var i = Attempts.Count - 1; i >= 0; i--)
        {
            if (Attempts[i].IsUnreached && Attempts[i].Way.IsSameAs(account.Way))
            {
                return Attempts[i].Ended;
            }
        }

        return null;
    }

    /// <summary>The one eligibility function, after this ticket's own refusals.</summary>
    public Ineligibility? WhyNot(AccountSnapshot account, DateTimeOffset now)
    {
        if (Refusals is { Count: > 0 } refusals)
        {
            foreach (var refusal in refusals)
            {
                if (refusal.Account == account.Id && !(refusal.Until <= now))
                {
                    return refusal.Reason;
                }
            }
        }

        return account.WhyNot(Model, now, Facts.Purpose, IsFailover(account.Id))
            ?? (account.Weight <= 0 && IsNewTo(account.Id) && Facts.Configuration.Routing.Strategy == StrategyNames.WeightedRoundRobin ? WithoutWeight : null);
    }

    /// <summary>True when it would come to this account because another one failed it, or can't serve its session any more.</summary>
    public bool IsFailover(AccountId account) => (Attempts.Count > 0 || Home is not null) && IsNewTo(account);

    private bool IsNewTo(AccountId account) => Home != account && LastOn(account) is null;

    /// <summary>Goes on with the next fallback model, from nothing: what was refused was another model.</summary>
    public void FallBack()
    {
        Model = Facts.Fallbacks[FallbacksUsed++];
        (Pinned, NotBefore) = (null, null);
        ForgetRefusals();
    }

    /// <summary>All is over: what is said about it is said of the model that was asked for.</summary>
    public void ForgetFallbacks()
    {
        if (FallbacksUsed > 0)
        {
            Model = Facts.Model;
            ForgetRefusals();
        }
    }

    private int CountAccounts()
    {
        var count = 0;
        for (var i = 0; i < Attempts.Count; i++)
        {
            count += LastOn(Attempts[i].Account) == Attempts[i] ? 1 : 0;
        }

        return count;
    }

    public Attempt? Find(LeaseId lease)
    {
        foreach (var attempt in Attempts)
        {
            if (attempt.Lease == lease)
            {
                return attempt;
            }
        }

        return null;
    }

    /// <summary>The clock was set: how long this request may last, and has to wait, stays as it was.</summary>
    public void Shift(TimeSpan by)
    {
        Deadline += by;
        WaitLimit += by;
        NotBefore += by;
        ForgetRefusals(); // their times are the accounts' and may be of the old clock
        Attempts.ForEach(a => a.Shift(by));
    }

    /// <summary>The last attempt on this account; null when there was none.</summary>
    public Attempt? LastOn(AccountId account)
    {
        for (var i = Attempts.Count - 1; i >= 0; i--)
        {
            if (Attempts[i].Account == account)
            {
                return Attempts[i];
            }
        }

        return null;
    }
}
