using System.Collections.Frozen;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>The little that an answer's writer must know of the request; the request's body is released at commit.</summary>
public sealed record RequestEcho
{
    /// <summary>The model name to give where the upstream gives none: the one that the client asked for, or that a fallback put in its place.</summary>
    public required string AskedModel { get; init; }

    /// <summary>Anthropic: about how many tokens the request is, told at the start of a stream whose upstream counts only at its end (E97); null = not told.</summary>
    public long? InputEstimate { get; init; }

    /// <summary>The upstream's own name of the model is not shown: the client is told <see cref="AskedModel"/>.</summary>
    public bool HidesModel { get; init; }

    /// <summary>Chat: the client wants its usage in a last chunk of its own.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Unix seconds to report where the upstream gives no creation time.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Names that the upstream knows a tool by, to the client's own (spec/protocols.md 1.6).</summary>
    public FrozenDictionary<string, string> ToolNames { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Names that the upstream knows a tool by, to the Responses namespace that the client declared it in (spec/protocols.md E47).</summary>
    public FrozenDictionary<string, string> ToolNamespaces { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Tools that the client declared as custom (free-form), by the client's name.</summary>
    public FrozenSet<string> CustomTools { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Responses: the request's members that the response object repeats, raw, in the request's order.</summary>
    public IReadOnlyList<RawMember> ResponseMembers { get; init; } = [];

    /// <summary>The model's name for the client.</summary>
    /// <param name="upstream">The name that the upstream gave; absent when it gave none.</param>
    public JsonText ModelFor(JsonText upstream) => HidesModel || upstream.IsEmpty ? JsonText.FromString(AskedModel) : upstream;

    /// <summary>A deterministic source for ids that the upstream did not give; unique per request.</summary>
    public string IdSeed { get; init; } = string.Empty;
}
