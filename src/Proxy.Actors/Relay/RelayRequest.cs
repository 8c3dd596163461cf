using Proxy.Actors.Configuration;
using Proxy.Actors.Routing;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Actors.Relay;

/// <summary>One request on its way through the relay. Filled by the endpoint, used by one task.</summary>
public sealed record RelayRequest
{
    /// <summary>Sent to the client as <c>x-proxy-request-id</c>, and the seed for ids that an upstream does not give.</summary>
    public required string RequestId { get; init; }

    /// <summary>The request. Its body is not read after commit.</summary>
    public required ClientRequest Client { get; init; }

    /// <summary>
    /// Owns the memory of the client's body. The relay disposes it at commit, when nothing can need the body any more,
    /// and again at its end: disposing twice must do no harm. Null when the memory is nobody's.
    /// </summary>
    public IDisposable? BodyOwner { get; init; }

    /// <summary>The model name, taken apart.</summary>
    public required ResolvedModel Model { get; init; }

    /// <summary>The models of <see cref="RoutingFacts.Fallbacks"/>, taken apart, in the same order.</summary>
    public IReadOnlyList<ResolvedModel> Fallbacks { get; init; } = [];

    /// <summary>The asked model is retired and its successor serves: the answer carries the asked name all the same.</summary>
    public bool IsRedirected { get; init; }

    /// <summary>The client's headers by name, for accounts and rules that look at them; null when there are none.</summary>
    public Func<string, string?>? ClientHeader { get; init; }

    /// <summary>What the router goes by.</summary>
    public required RoutingFacts Facts { get; init; }

    /// <summary>The operation.</summary>
    public Operation Operation { get; init; } = Operation.Generate;

    /// <summary>A digest of the key that the client showed; null when it showed none.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The client program's name; null when it did not say.</summary>
    public string? ClientName { get; init; }

    /// <summary>Whose reasoning stands in the body because an item was named by its id: what is encrypted, only they can read.</summary>
    public IReadOnlyList<Accounts.AccountId> ReasoningMakers { get; init; } = [];

    /// <summary>The configuration that the request began with.</summary>
    public required ProxyConfiguration Configuration { get; init; }

    /// <summary>The model that a lease is for: the asked one, or a fallback of it.</summary>
    public ResolvedModel ModelOf(Accounts.Lease lease)
    {
        if (IsOfAsked(lease))
        {
            return Model;
        }

        foreach (var fallback in Fallbacks)
        {
            if (fallback.Name == lease.RoutedModel)
            {
                return fallback;
            }
        }

        return Model;
    }

    /// <summary>True when a lease is for the asked model, and for no fallback of it.</summary>
    public bool IsOfAsked(Accounts.Lease lease) => lease.RoutedModel.Length == 0 || lease.RoutedModel == Facts.Model;

    /// <summary>Free of what the client said and of its key.</summary>
    public override string ToString() => $"RelayRequest {{ {RequestId}, {Client} }}";
}

/// <summary>What became of a request, for the log line and the ledger.</summary>
public sealed record RelayResult
{
    /// <summary>The status that the client got; 499 when it left before any.</summary>
    public required int Status { get; init; }

    /// <summary>Label of the account of the last attempt; null when there was none.</summary>
    public string? Account { get; init; }

    /// <summary>How many upstream calls were made.</summary>
    public int Attempts { get; init; }

    /// <summary>The dialect of the last upstream, for the log line.</summary>
    public Protocol.Dialects.Dialect? UpstreamDialect { get; init; }

    /// <summary>From the request to the first content byte; null when there was none.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>The whole of it.</summary>
    public TimeSpan Total { get; init; }

    /// <summary>The tokens of the last attempt.</summary>
    public Usage Usage { get; init; } = Usage.Unknown;

    /// <summary>The last failure, also when a later attempt served; null when there was none.</summary>
    public Failure? LastFailure { get; init; }

    /// <summary>The client left.</summary>
    public bool ClientGone { get; init; }
}

/// <summary>Serves one request: asks the router, calls upstreams, translates, relays.</summary>
public interface IRelay
{
    /// <summary>
    /// Serves <paramref name="request"/> into <paramref name="sink"/>, errors included, in the caller's dialect. Never
    /// throws for what upstreams or clients do.
    /// </summary>
    Task<RelayResult> RunAsync(RelayRequest request, IAnswerSink sink, CancellationToken clientGone);
}
