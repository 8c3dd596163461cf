namespace Proxy.Actors.Outbound;

/// <summary>The way out of this machine.</summary>
/// <param name="Proxy">An outbound proxy (http, https or socks5, user and password allowed); null for none of our own.</param>
/// <param name="NoProxy">Use none at all, not even the environment's.</param>
public sealed record OutboundRoute(Uri? Proxy, bool NoProxy)
{
    /// <summary>No proxy at all.</summary>
    public static OutboundRoute Direct { get; } = new(null, NoProxy: true);

    /// <summary>The environment's proxy, if it names one.</summary>
    public static OutboundRoute Environment { get; } = new(null, NoProxy: false);

    /// <summary>The route of an account: its own proxy, else the global one, else the environment's.</summary>
    public static OutboundRoute For(Uri? ofAccount, bool noProxy, Uri? global) =>
        noProxy ? Direct : (ofAccount ?? global) is { } proxy ? new OutboundRoute(proxy, NoProxy: false) : Environment;

    /// <summary>Free of the proxy's password.</summary>
    public override string ToString() => NoProxy ? "direct" : Proxy is { } proxy ? $"{proxy.Scheme}://{proxy.Authority}" : "environment";

    /// <summary>Reads a <c>proxy-url</c>: an address, or <c>direct</c> or <c>none</c>.</summary>
    /// <param name="written">The text.</param>
    /// <param name="proxy">The address; null for none at all.</param>
    /// <returns>False when it is neither.</returns>
    public static bool TryParse(string? written, out Uri? proxy)
    {
        proxy = null;
        var text = written?.Trim() ?? string.Empty;
        if (text.Equals("direct", StringComparison.OrdinalIgnoreCase) || text.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        // socks5h asks the proxy to look names up, which is what .NET does for socks5.
        var address = text.StartsWith("socks5h://", StringComparison.OrdinalIgnoreCase) ? string.Concat("socks5", text.AsSpan(7)) : text;
        return Uri.TryCreate(address, UriKind.Absolute, out proxy) && IsSupported(proxy);
    }

    /// <summary>True when a proxy address has a scheme that can be used.</summary>
    public static bool IsSupported(Uri proxy) => proxy.IsAbsoluteUri && proxy.Host.Length > 0 && proxy.Scheme is ("http" or "https" or "socks5");

    /// <summary>
    /// True when a credential of a person's login may travel to <paramref name="target"/>: over TLS, or to this machine
    /// (docs/architecture.md, "Doors").
    /// </summary>
    public static bool MayCarryLogin(Uri target) => target.Scheme == Uri.UriSchemeHttps || target.IsLoopback;
}
