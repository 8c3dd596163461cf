using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Routing;

/// <summary>What the router is asked and told by the relay.</summary>
public static class RouterCommands
{
    /// <summary>Asked: a lease for a first attempt. Answered with <see cref="RouterAnswers.Use"/> or <see cref="RouterAnswers.Fail"/>.</summary>
    public sealed record Begin(TicketId Ticket, RoutingFacts Facts, DateTimeOffset Deadline);

    /// <summary>Asked after <see cref="AccountCommands.LeaseEnded"/> was told to the account: another attempt. Never after content has gone out: that is final, whatever the account says or fails to say. Answered like <see cref="Begin"/>.</summary>
    public sealed record Next(TicketId Ticket, LeaseId Ended);

    /// <summary>Told, in a finally.</summary>
    public sealed record RequestEnded(TicketId Ticket);

    /// <summary>Told by the engine: limits of bindings and parking follow this configuration from now on.</summary>
    public sealed record Reconfigure(ProxyConfiguration Configuration);
}

/// <summary>What the router answers.</summary>
public static class RouterAnswers
{
    /// <summary>Use this account.</summary>
    /// <param name="Lease">The permission.</param>
    /// <param name="StripReasoning">Leave out encrypted reasoning: it belongs to another account.</param>
    /// <param name="Attempt">1 for the first.</param>
    public sealed record Use(Lease Lease, bool StripReasoning, int Attempt);

    /// <summary>Nothing (more) can serve this request.</summary>
    public sealed record Fail(RoutingFailure Failure);
}

/// <summary>What the router needs to know of a request.</summary>
public sealed record RoutingFacts
{
    /// <summary>The client's dialect: decides the words when all are out.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>The name that the client asked for.</summary>
    public required string AskedModel { get; init; }

    /// <summary>The routed name (suffix removed, prefix still on).</summary>
    public required string Model { get; init; }

    /// <summary>Routed names to go on with, in this order, when no account can serve <see cref="Model"/> because of quota.</summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];

    /// <summary>What for.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>Client key + session, hashed by the endpoint; null when the request has no session key.</summary>
    public string? Session { get; init; }

    /// <summary>The body carries reasoning that is bound to an account.</summary>
    public bool HasReasoning { get; init; }

    /// <summary>An account to prefer while eligible (continuations); null for none.</summary>
    public AccountId? Preferred { get; init; }

    /// <summary>The configuration that this request began with.</summary>
    public required ProxyConfiguration Configuration { get; init; }
}

/// <summary>Why a request can't be served.</summary>
public sealed record RoutingFailure
{
    /// <summary>What the client is told, in its dialect.</summary>
    public required ClientError Error { get; init; }

    /// <summary><c>Retry-After</c> in whole seconds; null to send none.</summary>
    public int? RetryAfter { get; init; }

    /// <summary><c>x-should-retry: false</c>.</summary>
    public bool TellNotToRetry { get; init; }

    /// <summary>The last attempt's failure, if there was one.</summary>
    public Failure? LastFailure { get; init; }
}
