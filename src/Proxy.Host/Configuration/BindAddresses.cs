using System.Net;

namespace Proxy.Host.Configuration;

/// <summary>What <c>host</c> means in addresses.</summary>
internal static class BindAddresses
{
    /// <summary>Empty and <c>localhost</c> are both loopback addresses, <c>*</c> is all; null when <paramref name="host"/> names none.</summary>
    public static IReadOnlyList<IPAddress>? Of(string host)
    {
        if (host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return [IPAddress.Loopback, IPAddress.IPv6Loopback];
        }

        if (host == "*")
        {
            return [IPAddress.IPv6Any];
        }

        return IPAddress.TryParse(host.Trim('[', ']'), out var address) ? [address] : null;
    }
}
