using Proxy.Protocol.Dialects;

namespace Proxy.Host.Routes;

/// <summary>What is served at a path.</summary>
internal enum RouteKind
{
    /// <summary>Nothing.</summary>
    Unknown,

    /// <summary>An answer of a model.</summary>
    Generate,

    /// <summary>Legacy text completion.</summary>
    Completions,

    /// <summary>A token count.</summary>
    CountTokens,

    /// <summary>A conversation made shorter.</summary>
    Compact,

    /// <summary>The list of models, or one of them.</summary>
    Models,

    /// <summary>Is it alive?</summary>
    Health,

    /// <summary>The first page.</summary>
    Root,

    /// <summary>A probe that some clients send before they start.</summary>
    Hello,

    /// <summary>The state of every actor.</summary>
    DebugActors,
}

/// <summary>One entry of the table: what, in which dialect, by which methods, behind which doors.</summary>
/// <param name="Kind">What is served.</param>
/// <param name="Dialect">The dialect in which refusals are worded.</param>
/// <param name="Posts">POST, or else GET and HEAD.</param>
/// <param name="NeedsKey">A client key must be shown, where keys are configured.</param>
/// <param name="LoopbackOnly">Served to this machine alone, by the socket's address.</param>
internal sealed record ServedRoute(RouteKind Kind, Dialect Dialect, bool Posts, bool NeedsKey, bool LoopbackOnly = false)
{
    /// <summary>For the <c>Allow</c> header of a 405.</summary>
    public string Allow => Posts ? "POST" : "GET, HEAD";

    /// <summary>True when <paramref name="method"/> is served.</summary>
    public bool Allows(string method) => Posts ? method == "POST" : method is "GET" or "HEAD";
}
