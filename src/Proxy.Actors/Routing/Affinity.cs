using Proxy.Actors.Accounts;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Routing;

/// <summary>Keeps sessions on their accounts, and knows when their history holds another account's reasoning.</summary>
internal sealed class Affinity
{
    public SessionBindings Bindings { get; } = new();

    /// <summary>The account that served the ticket's session last, of a provider that serves its model; null without one.</summary>
    public AccountId? Home(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now) => Find(ticket, accounts, now, static (b, _) => b.Served);

    /// <summary>The account that the ticket's session is bound to, unless the ticket has tried it; null without one.</summary>
    public AccountId? BoundAccount(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now) =>
        Find(ticket, accounts, now, static (b, t) => t.LastOn(b.Account) is null ? b.Account : null);

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
            && (binding.HasForeignReasoning || (lease.Kind == UpstreamKind.Codex && (binding.HasMoved || (binding.Served is { } served && served != lease.Account))));
    }

    /// <summary>
    /// The ticket asks this account for a lease: further requests of its session that come meanwhile follow it, so that
    /// parallel requests of a new conversation, or of one whose account is out, stay together. A token count moves nothing.
    /// </summary>
    public void Reserve(Ticket ticket, AccountSnapshot account, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now, int max)
    {
        if (ticket.Facts.Purpose == Purpose.CountTokens || SessionOf(ticket) is not { } session)
        {
            return;
        }

        if (Find(session, account.Provider, ticket, now) is not { } binding || (binding.Account != account.Id && !IsStillHome(binding.Account, ticket, account.Id, accounts, now)))
        {
            Bindings.Reserve(session, account.Provider, account.Id, now, max);
        }
    }

    /// <summary>
    /// The session stays with this account from now on, unless its own one is only busy for a moment: then this was a
    /// visit. A token count moves nothing.
    /// </summary>
    public void Bind(Ticket ticket, Lease lease, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now, int max)
    {
        if (lease.Purpose == Purpose.CountTokens || SessionOf(ticket) is not { } session)
        {
            return;
        }

        if (Find(session, lease.Provider, ticket, now) is { Served: { } home } && home != lease.Account && IsStillHome(home, ticket, lease.Account, accounts, now))
        {
            Bindings.NoteVisit(session, lease.Provider);
        }
        else
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

    /// <summary>True when the session's account did not fail this ticket and can serve again in a moment: its prompt cache is worth coming back to.</summary>
    private static bool IsStillHome(AccountId home, Ticket ticket, AccountId other, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now)
    {
        if (ticket.Facts.Preferred == other || ticket.LastOn(home) is not null)
        {
            return false;
        }

        foreach (var account in accounts)
        {
            if (account.Id == home)
            {
                return ticket.WhyNot(account, now) is null or { Kind: IneligibilityKind.Busy or IneligibilityKind.Refreshing or IneligibilityKind.Restarting };
            }
        }

        return false;
    }

    private static string? SessionOf(Ticket ticket) => ticket.Facts.Configuration.Routing.SessionAffinity ? ticket.Facts.Session : null;

    private AccountId? Find(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now, Func<Binding, Ticket, AccountId?> pick)
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
            if (Find(session, asked, ticket, now) is { } binding && pick(binding, ticket) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private Binding? Find(string session, string provider, Ticket ticket, DateTimeOffset now) =>
        Bindings.Find(session, provider, now, ticket.Facts.Configuration.Routing.SessionAffinityTtl);
}
