using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Payloads;

/// <summary>What a rule does.</summary>
public enum PayloadAction
{
    /// <summary>Puts a value where there is none. Of several for one place the first counts.</summary>
    Default,

    /// <summary>Puts a value, whatever is there. Of several for one place the last counts.</summary>
    Override,

    /// <summary>Removes.</summary>
    Filter,
}

/// <summary>One change of a body.</summary>
/// <param name="Path">Where.</param>
/// <param name="Value">The raw JSON to put there; empty for <see cref="PayloadAction.Filter"/>.</param>
public sealed record PayloadChange(PayloadPath Path, ReadOnlyMemory<byte> Value);

/// <summary>A value that a place of the body must have, or must not.</summary>
/// <param name="Path">Where.</param>
/// <param name="Value">Raw JSON.</param>
public sealed record PayloadExpectation(PayloadPath Path, ReadOnlyMemory<byte> Value);

/// <summary>The requests that a rule is for: all that it names must fit.</summary>
public sealed record PayloadSelector
{
    /// <summary>The upstream's name of the model, or the one that was routed by; <c>*</c> for any text.</summary>
    public required string Model { get; init; }

    /// <summary><c>protocol</c>: the kind of upstream; null for any.</summary>
    public UpstreamKind? Protocol { get; init; }

    /// <summary><c>from-protocol</c>: the client's dialect; null for any.</summary>
    public Dialect? FromProtocol { get; init; }

    /// <summary><c>headers</c>: headers of the client and the patterns that their values must fit.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary><c>match</c>: places with these values.</summary>
    public IReadOnlyList<PayloadExpectation> Match { get; init; } = [];

    /// <summary><c>not-match</c>: places without these values; a place that is not there has none.</summary>
    public IReadOnlyList<PayloadExpectation> NotMatch { get; init; } = [];

    /// <summary><c>exist</c>: places with a value other than <c>null</c>.</summary>
    public IReadOnlyList<PayloadPath> Exist { get; init; } = [];

    /// <summary><c>not-exist</c>: places without.</summary>
    public IReadOnlyList<PayloadPath> NotExist { get; init; } = [];
}

/// <summary>One rule of <c>payload</c>.</summary>
/// <param name="Action">What it does.</param>
/// <param name="Selectors">For which requests: one of them must fit.</param>
/// <param name="Changes">The changes, in order.</param>
public sealed record PayloadRule(PayloadAction Action, IReadOnlyList<PayloadSelector> Selectors, IReadOnlyList<PayloadChange> Changes);

/// <summary>What selectors go by, beside the body.</summary>
/// <param name="UpstreamModel">The model's name at the upstream.</param>
/// <param name="RoutedModel">The name that was routed by, prefix removed or not.</param>
/// <param name="Protocol">The kind of upstream.</param>
/// <param name="FromProtocol">The client's dialect.</param>
/// <param name="Header">The client's headers by name; null when there are none.</param>
public readonly record struct PayloadFacts(string UpstreamModel, string RoutedModel, UpstreamKind Protocol, Dialect FromProtocol, Func<string, string?>? Header);
