namespace Proxy.Actors.Routing;

/// <summary>Tickets that wait, oldest first, with the time at which each is looked at again at the latest. Bounded by the caller's limit. Not thread-safe.</summary>
internal sealed class ParkedTickets
{
    private readonly SortedDictionary<long, Entry> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<Entry> All => _entries.Values;

    /// <summary>When the next one is due; null when none waits.</summary>
    public DateTimeOffset? NextDue { get; private set; }

    /// <summary>Parks a ticket.</summary>
    /// <returns>False when <paramref name="max"/> tickets wait already.</returns>
    public bool TryAdd(Ticket ticket, DateTimeOffset due, bool isPaced, int max)
    {
        if (_entries.Count >= max)
        {
            return false;
        }

        _entries[ticket.Id.Value] = new Entry(ticket, due, isPaced);
        NextDue = NextDue is { } next && next <= due ? next : due;
        return true;
    }

    public void Remove(Ticket ticket)
    {
        if (_entries.Remove(ticket.Id.Value) && _entries.Count == 0)
        {
            NextDue = null;
        }
    }

    /// <summary>The clock was set: nobody waits longer or shorter for that.</summary>
    public void Shift(TimeSpan by)
    {
        foreach (var (key, entry) in _entries.ToArray())
        {
            _entries[key] = entry with { Due = entry.Due + by };
        }

        NextDue += by;
    }

    /// <summary>Takes out all that are due.</summary>
    public List<Ticket> TakeDue(DateTimeOffset now)
    {
        var due = new List<Ticket>();
        NextDue = null;
        foreach (var entry in _entries.Values)
        {
            if (entry.Due <= now)
            {
                due.Add(entry.Ticket);
            }
            else if (!(NextDue <= entry.Due))
            {
                NextDue = entry.Due;
            }
        }

        due.ForEach(t => _entries.Remove(t.Id.Value));
        return due;
    }

    /// <summary>Takes out the oldest <paramref name="count"/> that wait for an account (not for their pace) and that <paramref name="canGo"/> accepts.</summary>
    public List<Ticket> Take(int count, Func<Ticket, bool> canGo)
    {
        var taken = new List<Ticket>();
        foreach (var entry in _entries.Values)
        {
            if (!entry.IsPaced && canGo(entry.Ticket))
            {
                taken.Add(entry.Ticket);
                if (taken.Count == count)
                {
                    break;
                }
            }
        }

        taken.ForEach(Remove);
        return taken;
    }

    internal readonly record struct Entry(Ticket Ticket, DateTimeOffset Due, bool IsPaced);
}
