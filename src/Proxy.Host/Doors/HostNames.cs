using System.Net;
using Microsoft.AspNetCore.Http;

namespace Proxy.Host.Doors;

/// <summary>
/// Which names this proxy answers to. A page that points its own name at 127.0.0.1 (DNS rebinding) shows itself by the
/// Host header.
/// </summary>
internal sealed class HostNames(IReadOnlyList<string> allowed)
{
    private readonly HashSet<string> _allowed = new(allowed.Select(a => a.Trim().TrimEnd('.')), StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a loopback name or literal, the address that the connection came in on, or an allowed name.</summary>
    public bool Accepts(HttpContext context)
    {
        var written = context.Request.Host;
        if (!written.HasValue)
        {
            return false;
        }

        var name = written.Host.TrimEnd('.');
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name == "127.0.0.1" || _allowed.Contains(name))
        {
            return true;
        }

        if (!IPAddress.TryParse(name.Trim('[', ']'), out var literal))
        {
            return name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        }

        literal = literal.IsIPv4MappedToIPv6 ? literal.MapToIPv4() : literal;
        var local = context.Connection.LocalIpAddress;
        local = local is { IsIPv4MappedToIPv6: true } ? local.MapToIPv4() : local;
        return IPAddress.IsLoopback(literal) || literal.Equals(local);
    }
}
