using Akka.Actor;

namespace Proxy.Actors.Accounts;

/// <summary>
/// A child of AccountsActor, as its parent sees it: its actor, how often it failed, and what it did before. While the
/// actor is stopped the parent answers in its place: leases that end meanwhile are not lost. Used by AccountsActor alone.
/// </summary>
internal sealed class AccountChild(AccountMemory memory)
{
    /// <summary>Restarts within <see cref="Window"/> before it is stopped for a while.</summary>
    public const int MaxRestarts = 3;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly Queue<DateTimeOffset> _failures = new();
    private DateTimeOffset? _stoppedAt;
    private int _stops;

    public AccountMemory Memory => memory;

    /// <summary>What it should be made of.</summary>
    public AccountDefinition Wanted { get; set; } = memory.Definition;

    /// <summary>Null while it is stopped.</summary>
    public IActorRef? Actor { get; set; }

    /// <summary>Hash of the file that it was last told of; null for entries.</summary>
    public string? Hash { get; set; }

    public bool IsRetiring { get; set; }

    /// <summary>Who ordered its removal: its file is deleted once it has drained. Null when nobody did.</summary>
    public List<IActorRef>? Removal { get; set; }

    /// <summary>When it is made again, while it is stopped.</summary>
    public DateTimeOffset? PausedUntil { get; private set; }

    /// <summary>It threw: restart, or stop when it does nothing but throw.</summary>
    public Directive OnFailure(DateTimeOffset now)
    {
        while (_failures.TryPeek(out var first) && now - first > Window)
        {
            _failures.Dequeue();
        }

        _failures.Enqueue(now);
        return _failures.Count > MaxRestarts ? Directive.Stop : Directive.Restart;
    }

    /// <summary>It was stopped for throwing: how long to leave it. 5 s·2ⁿ up to 5 min; n begins anew after ten quiet minutes.</summary>
    public TimeSpan Pause(DateTimeOffset now)
    {
        _stops = now - _stoppedAt > LongestPause * 2 ? 1 : _stops + 1;
        _stoppedAt = now;
        _failures.Clear();
        var pause = FirstPause * Math.Pow(2, Math.Min(_stops - 1, 10));
        pause = pause > LongestPause ? LongestPause : pause;
        PausedUntil = now + pause;
        return pause;
    }

    public void Resumed(IActorRef actor) => (Actor, PausedUntil) = (actor, null);

    /// <summary>Answers for the stopped actor.</summary>
    public void StandIn(IWithAccountId message, IActorRef sender, IActorRef self, DateTimeOffset now)
    {
        if (memory.State is null)
        {
            if (message is ControlCommands.GiveOrder)
            {
                sender.Tell(new OrderOutcome(OrderResult.Failed, Restarting.Reason), self);
            }

            return; // it never came to life: nobody holds anything of it
        }

        switch (message)
        {
            case AccountCommands.Acquire acquire:
                sender.Tell(new AccountEvents.Refused(acquire.AccountId, acquire.Ticket, Restarting, Snapshot(now)), self);
                break;
            case AccountCommands.LeaseEnded ended when memory.End(ended, now) is { } told:
                told.Router.Tell(told.Ended, self);
                break;
            case AccountCommands.Release release:
                memory.Release(release.Lease);
                break;
            case ControlCommands.GiveOrder order:
                var decision = OrderRules.Decide(memory.State, order.Order, now);
                memory.State = decision.Change is { } change ? memory.State.Apply(change) : memory.State;
                sender.Tell(decision.Answer ?? new OrderOutcome(OrderResult.Failed, Restarting.Reason), self);
                break;
            case ControlCommands.Describe:
                var view = AccountViews.Of(memory.State, 0, now);
                sender.Tell(AccountDetails.Of(memory.Definition, view with { State = $"restarting: {Restarting.Reason}", StateUntil = PausedUntil }), self);
                break;
            case AccountCommands.Observed observed:
                memory.State = memory.State?.Apply(new AccountChange.QuotaObserved(observed.Reading) { At = now, Lease = observed.Lease });
                break;
        }
    }

    /// <summary>What the router is told while the actor is stopped.</summary>
    public AccountSnapshot Snapshot(DateTimeOffset now) => memory.State!.ToSnapshot(now) with { Blocked = Restarting };

    private Ineligibility Restarting => new(IneligibilityKind.Restarting, PausedUntil, "is being restarted after errors");
}
