using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Diagnostics;
using Proxy.Protocol.Failures;
using static Proxy.Actors.Accounts.AccountCommands;
using static Proxy.Actors.Accounts.AccountEvents;
using static Proxy.Actors.Routing.RouterAnswers;
using static Proxy.Actors.Routing.RouterCommands;

namespace Proxy.Actors.Routing;

/// <summary>
/// Picks accounts and decides about retries: the wiring of <see cref="TicketDesk"/> and <see cref="RetryPolicy"/> to
/// messages. The seven steps of the conversation are in docs/architecture.md, "Actors and their conversation".
/// </summary>
internal sealed class RouterActor : UntypedActor
{
    /// <summary>Tickets woken per event; each lease that one of them gets wakes the next. A crowd at a busy account would only be refused.</summary>
    private const int WokenAtOnce = 8;

    private const int WokenPerGrant = 2;

    private readonly AccountDirectory _directory;
    private readonly AccountBook _accounts;
    private readonly TimeProvider _time;
    private readonly WakeTimer _timer;
    private readonly TicketDesk _desk;

    public RouterActor(AccountDirectory directory, AccountBook accounts, TimeProvider time)
    {
        _directory = directory;
        _accounts = accounts;
        _time = time;
        _timer = new WakeTimer(time, Self, WakeDue.Instance);
        _desk = new TicketDesk(directory, accounts, time, Self, _timer);
    }

    /// <summary>How to make one.</summary>
    /// <param name="configuration">The configuration at start; <see cref="Reconfigure"/> replaces it.</param>
    /// <param name="directory">Where the accounts are.</param>
    /// <param name="published">Where to put the routing table.</param>
    /// <param name="time">The clock.</param>
    public static Props Props(ProxyConfiguration configuration, AccountDirectory directory, PublishedRoutingTable published, TimeProvider time)
    {
        var accounts = new AccountBook(configuration.Routing, published);
        return Akka.Actor.Props.Create(() => new RouterActor(directory, accounts, time));
    }

    /// <inheritdoc />
    protected override void PreStart()
    {
        foreach (var actor in _accounts.Actors)
        {
            Context.WatchWith(actor, new ActorGone(actor));
        }
    }

    /// <inheritdoc />
    protected override void PostStop()
    {
        _timer.Dispose();
        var failure = new Fail(new RoutingFailure { Error = new ClientError(503, "The proxy's router is being restarted. Try again."), RetryAfter = 1 });
        foreach (var ticket in _desk.Tickets.Values)
        {
            ReleaseAll(ticket);
            if (ticket.Phase is TicketPhase.Acquiring or TicketPhase.Parked or TicketPhase.Ending)
            {
                ticket.Asker.Tell(failure);
            }
        }
    }

    /// <inheritdoc />
    protected override void OnReceive(object message)
    {
        _desk.LookAtClock();
        switch (message)
        {
            case Begin begin: OnBegin(begin); break;
            case Granted granted: OnGranted(granted.Lease); break;
            case Refused refused: OnRefused(refused); break;
            case SnapshotChanged changed: OnSnapshot(changed.Snapshot); break;
            case AttemptEnded ended: OnAttemptEnded(ended); break;
            case Next next: OnNext(next); break;
            case RequestEnded ended: OnRequestEnded(ended.Ticket); break;
            case AccountGone gone: OnAccountGone(gone.AccountId); break;
            case ActorGone gone: Array.ForEach(_accounts.Of(gone.Actor), OnAccountGone); break;
            case WakeDue: OnWakeDue(); break;
            case Reconfigure reconfigure: OnReconfigure(reconfigure.Configuration.Routing); break;
            case GetState: Sender.Tell(_desk.View()); break;
            default: Unhandled(message); break;
        }
    }

    private void OnBegin(Begin begin)
    {
        var now = _time.GetUtcNow();
        var ticket = new Ticket(begin.Ticket, begin.Facts, begin.Deadline, now, Sender);
        if (_desk.Tickets.TryAdd(begin.Ticket, ticket))
        {
            _desk.Start(ticket, now);
        }
    }

    private void OnGranted(Lease lease)
    {
        if (AskedTicket(lease.Ticket, lease.Account) is not { } ticket)
        {
            _directory.Tell(new Release(lease.Account, lease.Id), Self);
        }
        else
        {
            var now = _time.GetUtcNow();
            var strip = _desk.Affinity.MustStrip(ticket, lease, now);
            ticket.Attempts.Add(new Attempt(lease.Id, lease.Account, lease.Label, lease.Provider, now)
            {
                StrippedReasoning = strip,
                Model = ticket.Model,
                Way = new(lease.BaseUrl, lease.ProxyUrl, lease.NoProxy),
                RequestRetry = _accounts.Find(lease.Account)?.RequestRetry,
            });
            ticket.Phase = TicketPhase.Running;
            ticket.Pinned = null;
            ticket.NotBefore = null;
            ticket.ForgetRefusals();
            _desk.Affinity.Bind(ticket, lease, _accounts.All, now, _accounts.Options.MaxBindings);
            ticket.Asker.Tell(new Use(lease, strip, ticket.Attempts.Count));
        }

        _desk.Wake(WokenPerGrant, account: null);
    }

    private void OnRefused(Refused refused)
    {
        Keep(refused.Snapshot);
        if (AskedTicket(refused.Ticket, refused.AccountId) is { } ticket)
        {
            _desk.Refused(ticket, refused.AccountId, refused.Reason, _time.GetUtcNow());
        }
    }

    private void OnSnapshot(AccountSnapshot snapshot)
    {
        Keep(snapshot);
        if (snapshot.Blocked is { Kind: IneligibilityKind.Restarting } restarting)
        {
            // The message that was being handled when the actor failed is lost, and with it perhaps our Acquire.
            _desk.ChooseAgain(snapshot.Id, restarting);
        }

        _desk.Wake(Math.Clamp(snapshot.Room ?? WokenAtOnce, 1, WokenAtOnce), snapshot); // more would overtake each other
    }

    private void OnAttemptEnded(AttemptEnded ended)
    {
        if (!_desk.Tickets.TryGetValue(ended.Ticket, out var ticket) || ticket.Find(ended.Lease) is not { } attempt)
        {
            return;
        }

        var now = _time.GetUtcNow();
        attempt.End(ended.Outcome, now);
        if (ended.Outcome.Failure is { Class: FailureClass.Overloaded, Ruling: null })
        {
            _desk.Overloads.Note(attempt.Provider, ticket.Model, now);
        }
        else if (ended.Outcome is { Failure: null, Cancelled: false })
        {
            _desk.Overloads.Clear(attempt.Provider, ticket.Model);
        }

        if (ticket.Phase == TicketPhase.Ending)
        {
            _desk.Heard();
            DecideIfAsked(ticket, attempt, now);
        }
    }

    private void OnNext(Next next)
    {
        if (!_desk.Tickets.TryGetValue(next.Ticket, out var ticket) || ticket.Phase != TicketPhase.Running || ticket.Attempts[^1].Lease != next.Ended)
        {
            Sender.Tell(new Fail(new RoutingFailure { Error = new ClientError(500, "The proxy lost track of this request.") }));
            return;
        }

        ticket.Asker = Sender;
        ticket.Phase = TicketPhase.Ending;
        var (attempt, now) = (ticket.Attempts[^1], _time.GetUtcNow());
        if (attempt.Ended is null)
        {
            _desk.AwaitEnd(ticket, attempt, now);
            return;
        }

        DecideIfAsked(ticket, attempt, now);
    }

    private void OnWakeDue()
    {
        _desk.WakeDue();
        var now = _time.GetUtcNow();
        while (_desk.TryTakeUnheard(now, out var ticket, out var attempt))
        {
            attempt.End(outcome: null, now);
            DecideIfAsked(ticket, attempt, now);
        }
    }

    /// <summary>Decides once both are in: the relay's wish for another attempt, and the account's word that the last one has ended.</summary>
    private void DecideIfAsked(Ticket ticket, Attempt attempt, DateTimeOffset now)
    {
        if (ticket.Phase != TicketPhase.Ending || attempt.Ended is null || attempt != ticket.Attempts[^1])
        {
            return;
        }

        var decision = RetryPolicy.Decide(ticket.Attempts, RetryTerms.Of(ticket, _accounts), now);
        if (decision.StripReasoning)
        {
            ticket.StripReasoning = true;
            _desk.Affinity.NoteForeignReasoning(ticket, attempt.Provider);
        }

        if (decision.Step == RetryStep.GiveUp)
        {
            _desk.Fail(ticket, now);
            return;
        }

        ticket.Pinned = decision.Step == RetryStep.Same ? attempt.Account : null;
        ticket.NotBefore = decision.NotBefore;
        _desk.Start(ticket, now);
    }

    private void OnRequestEnded(TicketId id)
    {
        if (_desk.Remove(id) is { } ticket)
        {
            ReleaseAll(ticket);
        }
    }

    private void OnAccountGone(AccountId account)
    {
        var now = _time.GetUtcNow();
        _accounts.Forget(account);
        foreach (var ticket in _desk.Tickets.Values.Where(t => t.LastOn(account) is { Ended: null }).ToArray())
        {
            var attempt = ticket.LastOn(account)!;
            attempt.End(outcome: null, now);
            DecideIfAsked(ticket, attempt, now);
        }

        _desk.ChooseAgain(account, new Ineligibility(IneligibilityKind.Restarting, null, "went away"));
        _desk.ReviewParked();
    }

    private void OnReconfigure(RoutingOptions options)
    {
        _accounts.Options = options;
        _desk.Affinity.Bindings.Trim(options.MaxBindings);
    }

    private Ticket? AskedTicket(TicketId id, AccountId account) =>
        _desk.Tickets.TryGetValue(id, out var ticket) && ticket.Phase == TicketPhase.Acquiring && ticket.AskedAccount == account ? ticket : null;

    private void Keep(AccountSnapshot snapshot)
    {
        if (_accounts.Keep(snapshot, Sender))
        {
            Context.WatchWith(Sender, new ActorGone(Sender));
        }
    }

    private void ReleaseAll(Ticket ticket)
    {
        foreach (var attempt in ticket.Attempts)
        {
            if (!attempt.IsReported)
            {
                _directory.Tell(new Release(attempt.Account, attempt.Lease), Self);
            }
        }
    }

    /// <summary>Tells which actor went away: a new one may have taken its place under the same account already.</summary>
    private sealed record ActorGone(IActorRef Actor);

    private sealed record WakeDue
    {
        public static WakeDue Instance { get; } = new();
    }
}
