using Akka.Actor;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Ledger;
using Proxy.Actors.Outbound;
using Proxy.Actors.Relay.Continuations;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Requests;

namespace Proxy.Actors.Relay;

/// <summary>Picks the codecs of an attempt; <see cref="ExchangeFactory.Create"/> but for tests of the relay alone.</summary>
internal delegate Exchange OpenExchange(ClientRequest request, UpstreamTarget target, Operation operation, long nowUnixSeconds, string requestId);

/// <summary>What every request of a relay works with.</summary>
internal sealed record RelayParts(IActorRef Router, AccountDirectory Accounts, OutboundFactory Outbound, IUsageSink Ledger, StreamClock Clock, ItemStore Items, ILogger Log, OpenExchange OpenExchange)
{
    public TimeProvider Time => Clock.Time;
}
