using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Proxy.Host.Doors;

/// <summary>The address at the other end of the socket. No header changes it.</summary>
internal sealed class PeerAddress(IPAddress address)
{
    /// <summary>True for this machine.</summary>
    public bool IsLoopback { get; } = IPAddress.IsLoopback(address);

    /// <summary>Connection middleware that notes it, mapped to IPv4 first.</summary>
    public static ConnectionDelegate Note(ConnectionDelegate next) => connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        connection.Features.Set(new PeerAddress(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));
        return next(connection);
    };

    /// <summary>True when the request comes from this machine and through nobody: a proxy in front makes every peer local.</summary>
    public static bool IsDirectFromLoopback(HttpContext context)
    {
        if (context.Features.Get<PeerAddress>() is not { IsLoopback: true })
        {
            return false;
        }

        foreach (var (name, _) in context.Request.Headers)
        {
            if (name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || name.Equals("Via", StringComparison.OrdinalIgnoreCase)
                || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }
}
