using Proxy.Protocol.Models;

namespace Proxy.Actors.Accounts;

/// <summary>One routed name of an account, and what it is upstream.</summary>
/// <param name="Upstreams">The upstream's names for it, at least one; more are a pool.</param>
/// <param name="MapsNameBack">Answers carry the name that the client asked for.</param>
/// <param name="DisplayName">Shown in lists; null for the catalogue's.</param>
public sealed record ServedModel(IReadOnlyList<UpstreamModel> Upstreams, bool MapsNameBack = false, string? DisplayName = null)
{
    /// <summary>One plain name.</summary>
    public ServedModel(string upstream)
        : this([new UpstreamModel(upstream)])
    {
    }
}

/// <summary>A model of an upstream.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Thinking">What an alias wants of it; beats what the client asks. Null for nothing.</param>
public readonly record struct UpstreamModel(string Name, ThinkingWish? Thinking = null)
{
    /// <summary>Reads <c>name</c>, <c>name(high)</c> or <c>name(8192)</c>; other dialects of suffixes may be part of a name.</summary>
    public static UpstreamModel Parse(string written) =>
        written.EndsWith(')') && written.LastIndexOf('(') is var open and > 0
            && Protocol.Models.Thinking.ParseSuffix(written.AsSpan(open + 1, written.Length - open - 2)) is { } wish
                ? new UpstreamModel(written[..open], wish)
                : new UpstreamModel(written);
}
