using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing.Strategies;
using Proxy.Actors.Time;
using static Proxy.Actors.Accounts.AccountCommands;

namespace Proxy.Actors.Routing;

/// <summary>
/// Finds tickets an account: asks the one that <see cref="Selector"/> picks, parks where <see cref="Waiting"/> says so,
/// gives up with the words of <see cref="AllOut"/>. The router's actor drives it; nobody else may.
/// </summary>
internal sealed class TicketDesk(AccountDirectory directory, AccountBook accounts, TimeProvider time, IActorRef self, WakeTimer timer)
{
    private static readonly TimeSpan RefusalPace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ClockSlack = TimeSpan.FromMilliseconds(250);

    private readonly ClockJumps _jumps = new(time, ClockSlack);
    private readonly StrategySet _strategies = new();
    private readonly UnheardEnds _unheard = new();

    public Dictionary<TicketId, Ticket> Tickets { get; } = [];

    public Affinity Affinity { get; } = new();

    public ParkedTickets Parked { get; } = new();

    public OverloadStates Overloads { get; } = new();

    /// <summary>Gets the ticket a lease, by a new wait with its own limit.</summary>
    public void Start(Ticket ticket, DateTimeOffset now)
    {
        ticket.WaitLimit = now + ticket.Facts.Configuration.Routing.FirstAttemptWait;
        ticket.ForgetRefusals();
        ticket.Paced = null;
        if (ticket.Attempts.Count == 0 && ticket.FallbacksUsed == 0)
        {
            ticket.Home = Affinity.Home(ticket, accounts.All, now);
        }

        Choose(ticket, now);
    }

    /// <summary>The account refused: the next one, or a wait.</summary>
    public void Refused(Ticket ticket, AccountId account, Ineligibility reason, DateTimeOffset now)
    {
        Note(ticket, account, reason, now);
        Choose(ticket, now);
    }

    /// <summary>Tickets whose Acquire may be lost with its account choose again; a late grant is given back.</summary>
    public void ChooseAgain(AccountId account, Ineligibility reason)
    {
        var now = time.GetUtcNow();
        foreach (var ticket in Tickets.Values.Where(t => t.Phase == TicketPhase.Acquiring && t.AskedAccount == account).ToArray())
        {
            Refused(ticket, account, reason, now);
        }
    }

    /// <summary>All that wait look for an account again: one of those they waited for is gone.</summary>
    public void ReviewParked()
    {
        var now = time.GetUtcNow();
        ChooseAll(Parked.Take(int.MaxValue, static _ => true), now);
    }

    /// <summary>Lets the oldest parked tickets try again that could be served now, by <paramref name="account"/> if it is given.</summary>
    public void Wake(int count, AccountSnapshot? account)
    {
        if (Parked.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        ChooseAll(Parked.Take(count, CanGo), now);

        bool CanGo(Ticket ticket)
        {
            if (account is not null)
            {
                ticket.ForgetRefusals(account.Id);
                return ticket.WhyNot(account, now) is null;
            }

            foreach (var any in accounts.All)
            {
                if (ticket.WhyNot(any, now) is null)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The timer fired.</summary>
    public void WakeDue()
    {
        timer.Fired();
        var now = time.GetUtcNow();
        var due = Parked.TakeDue(now);
        due.ForEach(t => t.ForgetRefusals());
        ChooseAll(due, now);
    }

    /// <summary>The relay wants to go on, and the account has not said yet what became of the attempt.</summary>
    public void AwaitEnd(Ticket ticket, Attempt attempt, DateTimeOffset now)
    {
        _unheard.Add(ticket, attempt, now);
        SetTimer();
    }

    /// <summary>The account has said it: <see cref="AwaitEnd"/> is over.</summary>
    public void Heard() => SetTimer();

    /// <summary>Takes one of whose attempt its account has said nothing in all its time.</summary>
    public bool TryTakeUnheard(DateTimeOffset now, out Ticket ticket, out Attempt attempt)
    {
        var isOver = _unheard.TryTake(Tickets, now, out ticket, out attempt);
        SetTimer();
        return isOver;
    }

    /// <summary>
    /// Before anything else: was the clock set (spec/faults.md 55)? Pauses, waits and deadlines are spans of time and
    /// move with it; what the accounts are blocked until are times of day and do not, so whoever waits for one looks again.
    /// </summary>
    public void LookAtClock()
    {
        if (_jumps.Take() is not { } by)
        {
            return;
        }

        foreach (var ticket in Tickets.Values)
        {
            ticket.Shift(by);
        }

        Parked.Shift(by);
        Overloads.Shift(by);
        _unheard.Shift(by);
        ReviewParked();
    }

    /// <summary>The request is over.</summary>
    public Ticket? Remove(TicketId id)
    {
        if (Tickets.Remove(id, out var ticket) && ticket.Phase == TicketPhase.Parked)
        {
            Parked.Remove(ticket);
            SetTimer();
        }

        return ticket;
    }

    /// <summary>Goes on with a fallback model, or else tells the asker that nothing (more) can serve.</summary>
    public void Fail(Ticket ticket, DateTimeOffset now)
    {
        if (QuotaExceeded.CanFallBack(ticket, accounts.All, now))
        {
            ticket.FallBack();
            Start(ticket, now);
            return;
        }

        ticket.Phase = TicketPhase.Failed;
        ticket.ForgetFallbacks();
        ticket.Asker.Tell(new RouterAnswers.Fail(AllOut.Answer(ticket, QuotaExceeded.Candidates(ticket, accounts.All, now), now)));
    }

    public RouterView View() => RouterView.Of(Tickets.Values, Parked, Affinity.Bindings, _strategies.Rotation, Overloads);

    private void SetTimer()
    {
        var (due, unheard) = (Parked.NextDue, _unheard.NextDue(Tickets));
        timer.Set(unheard is not null && !(due <= unheard) ? unheard : due);
    }

    private void ChooseAll(List<Ticket> tickets, DateTimeOffset now)
    {
        foreach (var ticket in tickets)
        {
            Choose(ticket, now);
        }

        SetTimer();
    }

    private void Choose(Ticket ticket, DateTimeOffset now)
    {
        while (true)
        {
            if (ticket.NotBefore is { } pace && pace > now)
            {
                Park(ticket, pace, isPaced: true, now);
                return;
            }

            var candidates = QuotaExceeded.Candidates(ticket, accounts.All, now);
            var purpose = ticket.Facts.Purpose;
            var bound = Affinity.BoundAccount(ticket, candidates, now);
            if (bound is { } home && Parked.Count < accounts.Options.MaxParked && Waiting.ForHome(ticket, candidates, home, now) is { } back)
            {
                (ticket.NotBefore, ticket.HasWaitedForHome) = (back, true);
                continue;
            }

            var choice = Selector.Choose(ticket, candidates, bound, Overloads, _strategies, now);
            var account = choice?.Account;
            if (account is null)
            {
                // An account that is back in a moment is worth more than a probe of one that is most likely still out.
                if (Waiting.Until(ticket, candidates, now) is { } due)
                {
                    Park(ticket, due, isPaced: false, now);
                    return;
                }

                account = Selector.ChooseProbe(ticket, candidates, now);
                purpose = Purpose.Probe;
            }

            if (account is null)
            {
                Fail(ticket, now);
                return;
            }

            if (ticket.Pinned != account.Id && PacedUntil(ticket, account) is { } paced && paced > now)
            {
                (ticket.NotBefore, ticket.Paced) = (paced, account.Id);
                continue;
            }

            var deadline = ticket.WaitLimit < ticket.Deadline ? ticket.WaitLimit : ticket.Deadline;
            if (directory.Tell(new Acquire(account.Id, ticket.Id, ticket.Model, purpose, deadline, ticket.Deadline, choice is { IsFailover: true }, ticket.Spread), self))
            {
                Affinity.Reserve(ticket, account, accounts.All, now, accounts.Options.MaxBindings);
                ticket.Phase = TicketPhase.Acquiring;
                ticket.AskedAccount = account.Id;
                return;
            }

            Note(ticket, account.Id, new Ineligibility(IneligibilityKind.Restarting, null, "is being started"), now);
        }
    }

    /// <summary>Back to an account, or over a way, that failed for this very request: not in the same instant.</summary>
    private static DateTimeOffset? PacedUntil(Ticket ticket, AccountSnapshot account)
    {
        if (ticket.Attempts.Count == 0)
        {
            return null;
        }

        var routing = ticket.Facts.Configuration.Routing;
        return ticket.LastOn(account.Id) is { Ended: { } ended } last && last.Model == ticket.Model && ticket.Untried(account) == 0 ? ended + RetryPolicy.Pace(ticket.Attempts.Count, routing)
            : ticket.LastUnreached(account) is { } unreached ? unreached + RetryPolicy.Pace(1, routing)
            : null;
    }

    private void Note(Ticket ticket, AccountId account, Ineligibility reason, DateTimeOffset now)
    {
        // A refusal whose time is up already would be asked for again at once, and again.
        var floor = now + RefusalPace;
        var paced = reason.Until < floor ? reason with { Until = floor } : reason;
        ticket.Refuse(new Refusal(account, paced, paced.Until));
        ticket.Pinned = ticket.Pinned == account ? null : ticket.Pinned;
    }

    private void Park(Ticket ticket, DateTimeOffset due, bool isPaced, DateTimeOffset now)
    {
        if ((isPaced && due >= ticket.Deadline) || !Parked.TryAdd(ticket, due, isPaced, accounts.Options.MaxParked))
        {
            Fail(ticket, now);
            return;
        }

        ticket.Phase = TicketPhase.Parked;
        SetTimer();
    }
}
