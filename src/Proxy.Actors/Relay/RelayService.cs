using Akka.Actor;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Ledger;
using Proxy.Actors.Outbound;
using Proxy.Actors.Relay.Continuations;
using Proxy.Protocol.Exchanges;

namespace Proxy.Actors.Relay;

/// <summary>The relay: serves each request on the request's own task. Of its own it holds what later requests may refer to.</summary>
/// <remarks>
/// <code>
///   Continued         references to items of earlier answers ─▶ the items
///   RelayRun          ask the router ─▶ Use(lease) ─▶ attempt ─▶ served
///     │                    ▲   Fail ─▶ error               │ failed before commit
///     │                    └──────────── Next ─────────────┘
///     ├─ ClientSide         headers, flush, keep-alive, last word (with CommitGate)
///     ├─ StreamWatch        deadlines, on the one StreamClock
///     └─ UpstreamAttempt    body ─▶ send ─▶ error body | single JSON | AnswerPump
///          └─ AttemptReports    readings and end ─▶ account;  end ─▶ ledger
/// </code>
/// </remarks>
public sealed class RelayService : IRelay
{
    private static long _lastTicket;

    private readonly RelayParts _parts;

    /// <summary>A relay over the given router and accounts.</summary>
    /// <param name="router">Answers Begin and Next.</param>
    /// <param name="accounts">Where outcomes and readings are told.</param>
    /// <param name="outbound">The way to the upstreams.</param>
    /// <param name="ledger">Takes each attempt down.</param>
    /// <param name="clock">The one timer of all streams, and the clock of everything here.</param>
    /// <param name="log">Bugs of ours; what upstreams and clients do is in the result.</param>
    public RelayService(IActorRef router, AccountDirectory accounts, OutboundFactory outbound, IUsageSink ledger, StreamClock clock, ILogger<RelayService> log)
        : this(new RelayParts(router, accounts, outbound, ledger, clock, new ItemStore(clock.Time), log, ExchangeFactory.Create))
    {
    }

    internal RelayService(RelayParts parts) => _parts = parts;

    /// <inheritdoc />
    public Task<RelayResult> RunAsync(RelayRequest request, IAnswerSink sink, CancellationToken clientGone)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(sink);
        var (whole, problem) = Continued.Of(request, _parts.Items);
        return new RelayRun(_parts, whole, problem, sink, new TicketId(Interlocked.Increment(ref _lastTicket))).RunAsync(clientGone);
    }
}
