using System.Net;

namespace Proxy.Host.Configuration;

/// <summary>What <c>host</c> means in addresses.</summary>
internal static class BindAddresses
{
    /// <summary>Empty and <c>localhost</c> are both loopback addresses; <c>*</c> is all.</summary>
    public static bool TryParse(string host, out IReadOnlyList<IPAddress> addresses)
    {
        if (host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            addresses = [IPAddress.Loopback, IPAddress.IPv6Loopback];
            return true;
        }

        if (host == "*")
        {
            addresses = [IPAddress.IPv6Any];
            return true;
        }

        addresses = IPAddress.TryParse(host.Trim('[', ']'), out var address) ? [address] : [];
        return addresses.Count > 0;
    }
}
