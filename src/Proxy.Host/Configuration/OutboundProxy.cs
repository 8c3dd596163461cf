namespace Proxy.Host.Configuration;

/// <summary>A <c>proxy-url</c>: an address, or the wish to use none at all.</summary>
/// <param name="Url">Null when none is to be used.</param>
internal sealed record OutboundProxy(Uri? Url)
{
    /// <summary>Reads <c>direct</c>, <c>none</c> or an address.</summary>
    public static bool TryParse(string? text, out OutboundProxy proxy)
    {
        proxy = new OutboundProxy((Uri?)null);
        var trimmed = text?.Trim() ?? string.Empty;
        if (trimmed.Equals("direct", StringComparison.OrdinalIgnoreCase) || trimmed.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (!Uri.TryCreate(trimmed, UriKind.Absolute, out var uri) || uri.Host.Length == 0
            || uri.Scheme is not ("http" or "https" or "socks4" or "socks4a" or "socks5"))
        {
            return false;
        }

        proxy = new OutboundProxy(uri);
        return true;
    }

    /// <summary>Without the password.</summary>
    public override string ToString() =>
        Url is null ? "direct" : Url.UserInfo.Length == 0 ? Url.GetLeftPart(UriPartial.Authority) : $"{Url.Scheme}://***@{Url.Authority}";
}
