using System.Collections.Frozen;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.Conversations;

/// <summary>
/// What a request writer is told besides the conversation, and what it gives back for the way back. One per attempt.
/// </summary>
public sealed class WriteContext
{
    private List<string>? _losses;

    /// <summary>The model's name at the upstream.</summary>
    public required string Model { get; init; }

    /// <summary>The catalogue's entry; null for a model that it does not list.</summary>
    public ModelInfo? Info { get; init; }

    /// <summary>The thinking that the model suffix asked for; beats the body's. Null without one.</summary>
    public ThinkingWish? Thinking { get; init; }

    /// <summary>Leave out all reasoning: it belongs to another account.</summary>
    public bool StripReasoning { get; init; }

    /// <summary>A text block of the owner's own choosing put in front of the system text; empty by default.</summary>
    public string SystemPreamble { get; init; } = string.Empty;

    /// <summary>What identifies the client's session; source of stable ids. Null when nothing does.</summary>
    public string? SessionKey { get; init; }

    /// <summary>Given back: names that the upstream will know a tool by, to the client's own. Only names that differ.</summary>
    public FrozenDictionary<string, string> ToolNames { get; internal set; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Given back: names that the upstream knows a tool by, to the Responses namespace that it was declared in.</summary>
    public FrozenDictionary<string, string> ToolNamespaces { get; internal set; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Given back: tools that the client declared as custom (free-form), by the client's name.</summary>
    public FrozenSet<string> CustomTools { get; internal set; } = FrozenSet<string>.Empty;

    /// <summary>Given back by the Codex writer: the cache key it wrote, for the <c>Session-Id</c> header; null when none.</summary>
    public string? PromptCacheKey { get; internal set; }

    /// <summary>Given back by the Claude writer: beta names that the body needs in <c>anthropic-beta</c>.</summary>
    public IReadOnlyList<string> Betas { get; internal set; } = [];

    /// <summary>Given back: what could not be carried, in fixed words free of content, for the debug log.</summary>
    public IReadOnlyList<string> Losses => _losses ?? (IReadOnlyList<string>)[];

    /// <summary>Notes a loss, once.</summary>
    internal void Lose(string what)
    {
        if ((_losses ??= []).IndexOf(what) < 0)
        {
            _losses.Add(what);
        }
    }
}
