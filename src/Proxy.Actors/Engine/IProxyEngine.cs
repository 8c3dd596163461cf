using System.Text.Json.Nodes;
using Proxy.Actors.Configuration;
using Proxy.Actors.Relay;
using Proxy.Actors.Routing;

namespace Proxy.Actors.Engine;

/// <summary>
/// The actor system with everything in it, as the host sees it: start, stop, a relay, a routing table, a new
/// configuration, and the redacted state of every actor.
/// </summary>
public interface IProxyEngine : IAsyncDisposable
{
    /// <summary>Serves requests.</summary>
    IRelay Relay { get; }

    /// <summary>The accounts in the hands of their owner.</summary>
    IAccountControl Accounts { get; }

    /// <summary>What is served now; replaced as a whole on every change, read without asking an actor.</summary>
    RoutingTable Table { get; }

    /// <summary>Applies an accepted configuration. Requests in flight keep the one they began with.</summary>
    Task ReconfigureAsync(ProxyConfiguration configuration, CancellationToken cancellation);

    /// <summary>Asks every actor for its redacted state (1 s each, else <c>no answer</c>): the tree that <c>/debug/actors</c> shows.</summary>
    Task<JsonObject> DescribeAsync(CancellationToken cancellation);
}
