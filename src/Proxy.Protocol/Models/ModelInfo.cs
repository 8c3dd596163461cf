using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Models;

/// <summary>What is known of one model.</summary>
public sealed record ModelInfo
{
    /// <summary>The upstream's name.</summary>
    public required string Id { get; init; }

    /// <summary>Which kind of upstream serves it.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>The name shown in lists.</summary>
    public string DisplayName { get; init; } = string.Empty;

    /// <summary>Unix seconds; 0 when not known.</summary>
    public long Created { get; init; }

    /// <summary>Context window in tokens; 0 when not known.</summary>
    public int ContextWindow { get; init; }

    /// <summary>Largest output in tokens; 0 when not known.</summary>
    public int MaxOutput { get; init; }

    /// <summary>What thinking it can do; null when it can't think.</summary>
    public ThinkingAbility? Thinking { get; init; }

    /// <summary>It takes temperature and top_p; newer Claude models refuse them (spec/protocols.md 5.6 rule 4).</summary>
    public bool TakesSampling { get; init; }

    /// <summary>It takes images; most do (spec/protocols.md E28).</summary>
    public bool TakesImages { get; init; } = true;

    /// <summary>True when the provider no longer serves it.</summary>
    public bool IsRetired { get; init; }

    /// <summary>Other names that the provider knows it by; they go upstream as they are.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The ChatGPT plans that have it (free, plus, pro, team); empty = all.</summary>
    public IReadOnlyList<string> Plans { get; init; } = [];

    /// <summary>The model to use instead of a retired one; null when none is known.</summary>
    public string? Successor { get; init; }
}

/// <summary>How a model can be told to think.</summary>
/// <param name="MinBudget">Smallest budget in tokens; 0 when budgets are not understood.</param>
/// <param name="MaxBudget">Largest budget in tokens.</param>
/// <param name="ZeroAllowed">It can be switched off.</param>
/// <param name="DynamicAllowed">It may be left to the model.</param>
/// <param name="Levels">The effort levels it understands, in rising order; empty when only budgets are.</param>
public sealed record ThinkingAbility(int MinBudget, int MaxBudget, bool ZeroAllowed, bool DynamicAllowed, IReadOnlyList<string> Levels);

/// <summary>A model name taken apart: base name and the thinking that its suffix asks for.</summary>
/// <param name="Asked">The name as the client wrote it.</param>
/// <param name="Name">The name without suffix: what is routed and goes upstream.</param>
/// <param name="Kind">The kind of upstream that serves it by catalogue or name pattern; null when unknown.</param>
/// <param name="Info">The catalogue's entry; null for a model that it does not list.</param>
/// <param name="Thinking">The suffix's wish, which beats the body's; null without one.</param>
public sealed record ResolvedModel(string Asked, string Name, UpstreamKind? Kind, ModelInfo? Info, ThinkingWish? Thinking);
