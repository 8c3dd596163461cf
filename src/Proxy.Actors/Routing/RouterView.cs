using Proxy.Actors.Routing.Strategies;

namespace Proxy.Actors.Routing;

/// <summary>The router's redacted state, for <c>/debug/actors</c>.</summary>
public sealed record RouterView
{
    /// <summary>Requests in flight, oldest first.</summary>
    public required IReadOnlyList<TicketView> Tickets { get; init; }

    /// <summary>How many of them wait.</summary>
    public required int Parked { get; init; }

    /// <summary>Session bindings kept.</summary>
    public required int Bindings { get; init; }

    /// <summary>The account chosen last, by model.</summary>
    public required IReadOnlyDictionary<string, string> Cursors { get; init; }

    /// <summary>Provider and model, and until when they are taken to be out of capacity.</summary>
    public required IReadOnlyDictionary<string, DateTimeOffset> Overloaded { get; init; }

    internal static RouterView Of(IEnumerable<Ticket> tickets, ParkedTickets parked, SessionBindings bindings, Rotation rotation, OverloadStates overloads) => new()
    {
        Tickets = [.. tickets.OrderBy(t => t.Id.Value).Select(TicketView.Of)],
        Parked = parked.Count,
        Bindings = bindings.Count,
        Cursors = rotation.Cursors.ToDictionary(c => c.Key, c => c.Value.Value, StringComparer.Ordinal),
        Overloaded = overloads.All.ToDictionary(o => $"{o.Key.Provider}/{o.Key.Model}", o => o.Value.Until, StringComparer.Ordinal),
    };
}

/// <summary>One request.</summary>
public sealed record TicketView(long Ticket, string Model, string Dialect, string Purpose, string Phase, DateTimeOffset Begun, DateTimeOffset Deadline, IReadOnlyList<AttemptView> Attempts)
{
    internal static TicketView Of(Ticket ticket) => new(
        ticket.Id.Value,
        ticket.Model,
        ticket.Facts.Dialect.ToString(),
        ticket.Facts.Purpose.ToString(),
        ticket.Phase.ToString(),
        ticket.Begun,
        ticket.Deadline,
        [.. ticket.Attempts.Select(AttemptView.Of)]);
}

/// <summary>One attempt of it.</summary>
public sealed record AttemptView(string Account, string Label, DateTimeOffset Started, DateTimeOffset? Ended, bool StrippedReasoning, string? Failure)
{
    internal static AttemptView Of(Attempt attempt) => new(
        attempt.Account.Value, attempt.Label, attempt.Started, attempt.Ended, attempt.StrippedReasoning, attempt.Failure?.Class.ToString());
}
