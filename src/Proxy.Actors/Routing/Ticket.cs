using Akka.Actor;
using Proxy.Actors.Accounts;

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
    public TicketId Id { get; } = id;

    public RoutingFacts Facts { get; } = facts;

    public DateTimeOffset Deadline { get; } = deadline;

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

    /// <summary>Until when this wait may last: from its first choice to a lease.</summary>
    public DateTimeOffset WaitLimit { get; set; }

    /// <summary>Set after a ForeignReasoning outcome, for all further attempts.</summary>
    public bool StripReasoning { get; set; }

    public List<Attempt> Attempts { get; } = new(1);

    public List<Refusal>? Refusals { get; private set; }

    public void Refuse(Refusal refusal) => (Refusals ??= []).Add(refusal);

    public void ForgetRefusals(AccountId account) => Refusals?.RemoveAll(r => r.Account == account);

    public void ForgetRefusals() => Refusals?.Clear();

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

        return account.WhyNot(Facts.Model, now);
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
