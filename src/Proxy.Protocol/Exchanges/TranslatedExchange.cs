using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>Exchanges between two dialects.</summary>
internal static class TranslatedExchange
{
    /// <summary>Opens the exchange of a pair whose dialects differ.</summary>
    public static Exchange Create(ClientRequest request, UpstreamTarget target, Operation operation, long nowUnixSeconds, string requestId) =>
        throw new NotSupportedException($"no translation from {request.Dialect} to {target.Kind} yet");
}
