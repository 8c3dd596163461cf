namespace Proxy.Actors.Outbound;

/// <summary>
/// The way to an upstream: what a network failure is about. Accounts of one provider mostly share it, and then the
/// next one fails as the last one did. Compared only after a failure, so it holds references and builds no text.
/// </summary>
/// <param name="BaseUrl">Where to.</param>
/// <param name="Proxy">Through which proxy; null for none of ours.</param>
/// <param name="NoProxy">Not even through the environment's.</param>
public readonly record struct UpstreamWay(Uri? BaseUrl, Uri? Proxy, bool NoProxy)
{
    /// <summary>True when both lead over the same proxy to the same server.</summary>
    public bool IsSameAs(UpstreamWay other) =>
        NoProxy == other.NoProxy && Proxy == other.Proxy
        && string.Equals(BaseUrl?.Scheme, other.BaseUrl?.Scheme, StringComparison.Ordinal)
        && string.Equals(BaseUrl?.Authority, other.BaseUrl?.Authority, StringComparison.OrdinalIgnoreCase);

    /// <summary>Free of the proxy's password.</summary>
    public override string ToString() => $"UpstreamWay {{ {BaseUrl?.Authority} }}";
}
