namespace Proxy.Protocol.Models;

/// <summary>How much a model should think, in the one form all dialects are read into (spec/protocols.md 1.2, 1.3).</summary>
/// <param name="Mode">Off, automatic, a level or a budget.</param>
/// <param name="Level">With <see cref="ThinkingMode.Level"/>: minimal, low, medium, high, xhigh or max, or an unknown word as the client wrote it (lower case).</param>
/// <param name="Budget">With <see cref="ThinkingMode.Budget"/>: tokens.</param>
public sealed record ThinkingWish(ThinkingMode Mode, string? Level = null, long? Budget = null)
{
    /// <summary>It counts only where the body says nothing of thinking: the <c>-thinking</c> names of old (spec/accounts.md 5.3).</summary>
    public bool YieldsToBody { get; init; }

    /// <summary>What counts beside what the body asks for.</summary>
    /// <param name="ofName">The wish of the model's name; null without one.</param>
    /// <param name="ofBody">The wish of the body; null without one.</param>
    public static ThinkingWish? Stronger(ThinkingWish? ofName, ThinkingWish? ofBody) =>
        ofName is null or { YieldsToBody: true } ? ofBody ?? ofName : ofName;
}

/// <summary>The form of a <see cref="ThinkingWish"/>.</summary>
public enum ThinkingMode
{
    /// <summary>No thinking.</summary>
    None,

    /// <summary>As much as the model sees fit.</summary>
    Auto,

    /// <summary>An effort level.</summary>
    Level,

    /// <summary>A token budget.</summary>
    Budget,
}
