using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>Picks the codecs for a pair of client dialect and upstream kind.</summary>
public static class ExchangeFactory
{
    /// <summary>Opens an exchange for one attempt.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="target">Where the attempt goes.</param>
    /// <param name="operation">What is asked of it.</param>
    /// <param name="nowUnixSeconds">Creation time to report where the upstream gives none.</param>
    /// <param name="requestId">Seed for ids that the upstream does not give.</param>
    public static Exchange Create(ClientRequest request, UpstreamTarget target, Operation operation, long nowUnixSeconds, string requestId) => throw new NotSupportedException();
}
