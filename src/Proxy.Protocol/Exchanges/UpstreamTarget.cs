using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.Exchanges;

/// <summary>What an attempt is aimed at, as far as bytes are concerned.</summary>
public sealed record UpstreamTarget
{
    /// <summary>The kind of upstream.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>The model's name there.</summary>
    public required string Model { get; init; }

    /// <summary>The catalogue's entry; null for a model that it does not list.</summary>
    public ModelInfo? Info { get; init; }

    /// <summary>The thinking that the model suffix asked for; null without one.</summary>
    public ThinkingWish? Thinking { get; init; }

    /// <summary>
    /// What the answer calls the model whatever the upstream calls it: an alias whose mapping is forced, a retired model's
    /// name. Null: the upstream's own name goes through.
    /// </summary>
    public string? ShownModel { get; init; }

    /// <summary>What the answer calls the model where the upstream names none; null = what the client asked for.</summary>
    public string? ServedModel { get; init; }

    /// <summary>Leave out reasoning and compaction items: they belong to another account.</summary>
    public bool StripReasoning { get; init; }

    /// <summary>A text block of the owner's own choosing put in front of the system text; empty by default.</summary>
    public string SystemPreamble { get; init; } = string.Empty;

    /// <summary>The credential is an OAuth login (not an API key).</summary>
    public bool IsOAuth { get; init; }

    /// <summary>Free of the owner's preamble.</summary>
    public override string ToString() => $"UpstreamTarget {{ {Kind}, {Model} }}";
}

/// <summary>Which operation of an upstream is called.</summary>
public enum Operation
{
    /// <summary>Make an answer.</summary>
    Generate,

    /// <summary>Count tokens (Anthropic only).</summary>
    CountTokens,

    /// <summary>Make a conversation shorter (ChatGPT only).</summary>
    Compact,
}
