using Proxy.Actors.Accounts;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Routing;

/// <summary>Keeps sessions on their accounts, and knows when their history holds another account's reasoning.</summary>
internal sealed class Affinity
{
    public SessionBindings Bindings { get; } = new();

    /// <summary>The account that the ticket's session is bound to, of a provider that serves its model; null without one.</summary>
    public AccountId? BoundAccount(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now)
    {
        if (SessionOf(ticket) is not { } session)
        {
            return null;
        }

        string? asked = null;
        foreach (var account in accounts)
        {
            if (account.Provider == asked || !account.Models.Serves(ticket.Model))
            {
                continue;
            }

            asked = account.Provider;
            if (Find(session, asked, ticket, now) is { } binding && ticket.LastOn(binding.Account) is null)
            {
                return binding.Account;
            }
        }

        return null;
    }

    /// <summary>
    /// True when encrypted reasoning in the request can't be this account's: an upstream said so, or the session was
    /// served by another ChatGPT account, to which it is bound (docs/architecture.md, "Failures").
    /// </summary>
    public bool MustStrip(Ticket ticket, Lease lease, DateTimeOffset now)
    {
        if (ticket.StripReasoning)
        {
            return true;
        }

        return ticket.Facts.HasReasoning
            && SessionOf(ticket) is { } session
            && Find(session, lease.Provider, ticket, now) is { } binding
            && (binding.HasForeignReasoning || (lease.Kind == UpstreamKind.Codex && (binding.HasMoved || binding.Account != lease.Account)));
    }

    /// <summary>The session stays with this account from now on. A token count moves nothing.</summary>
    public void Bind(Ticket ticket, Lease lease, DateTimeOffset now, int max)
    {
        if (lease.Purpose != Purpose.CountTokens && SessionOf(ticket) is { } session)
        {
            Bindings.Bind(session, lease.Provider, lease.Account, now, max);
        }
    }

    /// <summary>All further requests of the session go without encrypted reasoning.</summary>
    public void NoteForeignReasoning(Ticket ticket, string provider)
    {
        if (SessionOf(ticket) is { } session)
        {
            Bindings.MarkForeignReasoning(session, provider);
        }
    }

    private static string? SessionOf(Ticket ticket) => ticket.Facts.Configuration.Routing.SessionAffinity ? ticket.Facts.Session : null;

    private Binding? Find(string session, string provider, Ticket ticket, DateTimeOffset now) =>
        Bindings.Find(session, provider, now, ticket.Facts.Configuration.Routing.SessionAffinityTtl);
}
