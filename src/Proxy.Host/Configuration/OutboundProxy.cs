using Proxy.Actors.Outbound;

namespace Proxy.Host.Configuration;

/// <summary>A <c>proxy-url</c>: an address, or the wish to use none at all.</summary>
/// <param name="Url">Null when none is to be used.</param>
internal sealed record OutboundProxy(Uri? Url)
{
    /// <summary>Reads <c>direct</c>, <c>none</c> or an address.</summary>
    public static bool TryParse(string? text, out OutboundProxy proxy)
    {
        var isGood = OutboundRoute.TryParse(text, out var url);
        proxy = new OutboundProxy(isGood ? url : null);
        return isGood;
    }

    /// <summary>Without the password.</summary>
    public override string ToString() =>
        Url is null ? "direct" : Url.UserInfo.Length == 0 ? Url.GetLeftPart(UriPartial.Authority) : $"{Url.Scheme}://***@{Url.Authority}";
}
