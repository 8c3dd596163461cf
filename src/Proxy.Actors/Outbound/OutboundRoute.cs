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

    /// <summary>True when a proxy address has a scheme that can be used.</summary>
    public static bool IsSupported(Uri proxy) => proxy.IsAbsoluteUri && proxy.Scheme is "http" or "https" or "socks5";

    /// <summary>
    /// True when a credential of a person's login may travel to <paramref name="target"/>: over TLS, or to this machine
    /// (docs/architecture.md, "Doors").
    /// </summary>
    public static bool MayCarryLogin(Uri target) => target.Scheme == Uri.UriSchemeHttps || target.IsLoopback;
}
