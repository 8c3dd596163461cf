using System.Net.Sockets;
using System.Security.Authentication;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Outbound;

/// <summary>What went wrong on the way to an upstream, from what the HTTP stack throws.</summary>
public static class NetworkFaults
{
    /// <summary>Names the fault behind <paramref name="exception"/>.</summary>
    /// <param name="exception">Thrown by a send or by a read of the body.</param>
    /// <param name="hasProxy">An outbound proxy stands between: what can't be reached then is the proxy.</param>
    public static NetworkFault Of(Exception exception, bool hasProxy)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case ConnectLimitException:
                    return hasProxy ? NetworkFault.ProxyUrl : NetworkFault.Connect;
                case AuthenticationException:
                    return NetworkFault.Tls;
                case DecodeLimitException or InvalidDataException:
                    return NetworkFault.Encoding;
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery }:
                    return hasProxy ? NetworkFault.ProxyUrl : NetworkFault.Dns;
            }
        }

        return exception is HttpRequestException request ? Of(request, hasProxy) : NetworkFault.Reset;
    }

    private static NetworkFault Of(HttpRequestException exception, bool hasProxy) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => hasProxy ? NetworkFault.ProxyUrl : NetworkFault.Dns,
        HttpRequestError.ConnectionError => hasProxy ? NetworkFault.ProxyUrl : NetworkFault.Connect,
        HttpRequestError.SecureConnectionError => NetworkFault.Tls,
        HttpRequestError.ProxyTunnelError => NetworkFault.ProxyUrl,
        HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.VersionNegotiationError => NetworkFault.Protocol,

        // HTTP/2 resets and GOAWAY come as HttpProtocolError; a connection that breaks as ResponseEnded or Unknown.
        _ => NetworkFault.Reset,
    };
}
