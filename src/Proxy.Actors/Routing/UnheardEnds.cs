using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>
/// Attempts whose end the relay has told and the account has not. An account answers within the time that its mailbox
/// takes; where its word got lost with it, nobody waits for ever. Not thread-safe.
/// </summary>
internal sealed class UnheardEnds
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    private Queue<(Ticket Ticket, Attempt Attempt, DateTimeOffset Due)> _ends = new();

    public void Add(Ticket ticket, Attempt attempt, DateTimeOffset now) => _ends.Enqueue((ticket, attempt, now + Wait));

    /// <summary>When the first one is given up; null when none is open.</summary>
    public DateTimeOffset? NextDue(Dictionary<TicketId, Ticket> tickets)
    {
        Trim(tickets);
        return _ends.TryPeek(out var first) ? first.Due : null;
    }

    /// <summary>Takes one of whose end its account has said nothing in all its time.</summary>
    public bool TryTake(Dictionary<TicketId, Ticket> tickets, DateTimeOffset now, out Ticket ticket, out Attempt attempt)
    {
        Trim(tickets);
        var isOver = _ends.TryPeek(out var first) && first.Due <= now;
        (ticket, attempt) = (first.Ticket, first.Attempt);
        if (isOver)
        {
            _ends.Dequeue();
        }

        return isOver;
    }

    /// <summary>The clock was set.</summary>
    public void Shift(TimeSpan by) => _ends = new(_ends.Select(e => (e.Ticket, e.Attempt, e.Due + by)));

    private void Trim(Dictionary<TicketId, Ticket> tickets)
    {
        while (_ends.TryPeek(out var first) && (first.Attempt.Ended is not null || !tickets.ContainsKey(first.Ticket.Id)))
        {
            _ends.Dequeue();
        }
    }
}
