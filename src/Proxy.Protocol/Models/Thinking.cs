using System.Globalization;

namespace Proxy.Protocol.Models;

/// <summary>
/// Conversions between effort levels and token budgets, fitted to what a model can do (spec/protocols.md 1.2–1.4). A
/// level that the model does not list is clamped to the nearest one, in every pair (docs/decisions/0002).
/// </summary>
public static class Thinking
{
    private static readonly string[] Order = ["minimal", "low", "medium", "high", "xhigh", "max"];
    private static readonly int[] Budgets = [512, 1024, 8192, 24576, 32768, 128000];

    /// <summary>Reads the text between the parentheses of <c>name(…)</c>; null when it means nothing.</summary>
    public static ThinkingWish? ParseSuffix(ReadOnlySpan<char> suffix)
    {
        suffix = suffix.Trim();
        if (suffix is "-1")
        {
            return new ThinkingWish(ThinkingMode.Auto);
        }

        if (long.TryParse(suffix, NumberStyles.None, CultureInfo.InvariantCulture, out var budget))
        {
            return FromBudget(budget);
        }

        var wish = FromLevel(suffix.ToString());
        return wish.Mode == ThinkingMode.Level && Array.IndexOf(Order, wish.Level) < 0 ? null : wish;
    }

    /// <summary>An effort word as clients write it: <c>none</c>, <c>auto</c> or a level. Case and blanks don't matter.</summary>
    public static ThinkingWish FromLevel(string level)
    {
        var word = level.Trim().ToLowerInvariant();
        return word switch
        {
            "none" => new ThinkingWish(ThinkingMode.None),
            "auto" => new ThinkingWish(ThinkingMode.Auto),
            _ => new ThinkingWish(ThinkingMode.Level, word),
        };
    }

    /// <summary>A token budget: 0 = none, -1 = automatic.</summary>
    public static ThinkingWish FromBudget(long budget) => budget switch
    {
        0 => new ThinkingWish(ThinkingMode.None),
        < 0 => new ThinkingWish(ThinkingMode.Auto),
        _ => new ThinkingWish(ThinkingMode.Budget, Budget: budget),
    };

    /// <summary>The budget of a level (spec/protocols.md 1.2); null for an unknown word.</summary>
    public static int? BudgetOf(string level) => Array.IndexOf(Order, level) is var i and >= 0 ? Budgets[i] : null;

    /// <summary>The level of a budget; budgets above 24,576 are <c>xhigh</c>.</summary>
    public static string LevelOf(long budget) => budget switch
    {
        <= 512 => "minimal",
        <= 1024 => "low",
        <= 8192 => "medium",
        <= 24576 => "high",
        _ => "xhigh",
    };

    /// <summary>
    /// The word for <c>reasoning.effort</c> and <c>reasoning_effort</c>; null = leave the member out (the model can't
    /// think, or the wish is a word that nobody knows).
    /// </summary>
    public static string? ToEffort(ThinkingWish wish, ModelInfo? model)
    {
        ArgumentNullException.ThrowIfNull(wish);
        if (model is { Thinking: null })
        {
            return null;
        }

        var levels = model?.Thinking?.Levels ?? [];
        if (levels.Count == 0)
        {
            return wish.Mode switch
            {
                ThinkingMode.None => "none",
                ThinkingMode.Auto => "auto",
                ThinkingMode.Level => wish.Level,
                _ => LevelOf(wish.Budget ?? 0),
            };
        }

        return wish.Mode switch
        {
            ThinkingMode.None when levels.Contains("none", StringComparer.Ordinal) => "none",
            ThinkingMode.None => levels[0],
            ThinkingMode.Auto => Nearest("medium", levels),
            ThinkingMode.Level => Nearest(wish.Level ?? string.Empty, levels),
            _ => Nearest(LevelOf(wish.Budget ?? 0), levels),
        };
    }

    /// <summary>
    /// The <c>thinking</c> member and effort for a Claude model; null = send neither. A budget is kept below
    /// <paramref name="maxTokens"/>; where not even the model's smallest fits, thinking is left out.
    /// </summary>
    public static ClaudeThinking? ForClaude(ThinkingWish wish, ModelInfo? model, long? maxTokens)
    {
        ArgumentNullException.ThrowIfNull(wish);
        if (model is { Thinking: null })
        {
            return null;
        }

        if (wish.Mode == ThinkingMode.None)
        {
            // a model that always thinks refuses "disabled": the least of it then
            return model is { Thinking: { ZeroAllowed: false, Levels: [var least, ..], MaxBudget: 0 } }
                ? new ClaudeThinking("adaptive", null, least)
                : ClaudeThinking.Disabled;
        }

        // a model that is not listed is newer than this catalogue, and the newer ones are adaptive
        var ability = model?.Thinking ?? new ThinkingAbility(0, 0, ZeroAllowed: true, DynamicAllowed: true, ["low", "medium", "high", "xhigh", "max"]);
        if (ability.Levels.Count > 0)
        {
            return wish.Mode switch
            {
                ThinkingMode.Auto => new ClaudeThinking("adaptive", null, null),
                ThinkingMode.Level => new ClaudeThinking("adaptive", null, ClaudeEffort(wish.Level ?? string.Empty, ability.Levels)),
                _ when ability.MaxBudget > 0 => Enabled(wish.Budget ?? 0, ability, maxTokens),
                _ => new ClaudeThinking("adaptive", null, ClaudeEffort(LevelOf(wish.Budget ?? 0), ability.Levels)),
            };
        }

        return wish.Mode switch
        {
            ThinkingMode.Auto => Enabled((ability.MinBudget + ability.MaxBudget) / 2, ability, maxTokens),
            ThinkingMode.Level => BudgetOf(wish.Level ?? string.Empty) is { } budget ? Enabled(budget, ability, maxTokens) : null,
            _ => Enabled(wish.Budget ?? 0, ability, maxTokens),
        };
    }

    /// <summary>
    /// What of a wish the model could not be asked for, in words for the debug log; null when it was asked as wished
    /// (docs/decisions/0002). Words that nobody knows are the client's own and are not repeated.
    /// </summary>
    /// <param name="wish">The wish.</param>
    /// <param name="effort">The effort that was asked for instead; null for none.</param>
    public static string? Unmet(ThinkingWish wish, string? effort)
    {
        ArgumentNullException.ThrowIfNull(wish);
        var wished = wish.Mode switch
        {
            ThinkingMode.None => "none",
            ThinkingMode.Level => wish.Level,
            ThinkingMode.Budget => LevelOf(wish.Budget ?? 0),
            _ => effort,
        };
        return wished == effort ? null
            : wish.Mode == ThinkingMode.Budget ? string.Create(CultureInfo.InvariantCulture, $"a thinking budget of {wish.Budget} tokens ({Instead(effort)})")
            : $"effort {(wished is "none" || Array.IndexOf(Order, wished) >= 0 ? wished : "by a word that nobody knows")} ({Instead(effort)})";
    }

    /// <summary>The same of a Claude model.</summary>
    /// <param name="wish">The wish.</param>
    /// <param name="asked">What was asked for; null for nothing.</param>
    public static string? Unmet(ThinkingWish wish, ClaudeThinking? asked)
    {
        ArgumentNullException.ThrowIfNull(wish);
        var budget = wish.Mode == ThinkingMode.Level ? BudgetOf(wish.Level ?? string.Empty) : wish.Budget;
        return asked switch
        {
            { BudgetTokens: { } tokens } => budget is null || budget == tokens ? null
                : string.Create(CultureInfo.InvariantCulture, $"a thinking budget of {budget} tokens ({tokens} instead)"),
            { Type: "adaptive", Effort: null } when wish.Mode == ThinkingMode.Auto => null,
            { Type: "disabled" } => wish.Mode == ThinkingMode.None ? null : Unmet(wish, effort: null),
            _ => Unmet(wish, asked?.Effort),
        };
    }

    private static string Instead(string? effort) => effort is null ? "the model is not asked to think" : effort + " instead";

    private static ClaudeThinking? Enabled(long budget, ThinkingAbility ability, long? maxTokens)
    {
        budget = Math.Clamp(budget, ability.MinBudget, ability.MaxBudget);
        if (maxTokens is { } max && budget >= max)
        {
            budget = max - 1;
        }

        return budget < ability.MinBudget ? null : new ClaudeThinking("enabled", budget, null);
    }

    private static string? ClaudeEffort(string level, IReadOnlyList<string> levels) =>
        level is "xhigh" && !levels.Contains("xhigh", StringComparer.Ordinal) && levels.Contains("max", StringComparer.Ordinal)
            ? "max"
            : Nearest(level, levels);

    private static string? Nearest(string level, IReadOnlyList<string> levels)
    {
        if (levels.Contains(level, StringComparer.Ordinal))
        {
            return level;
        }

        var wanted = Array.IndexOf(Order, level);
        if (wanted < 0)
        {
            return null;
        }

        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in levels)
        {
            var at = Array.IndexOf(Order, candidate);
            if (at >= 0 && Math.Abs(at - wanted) < bestDistance)
            {
                (best, bestDistance) = (candidate, Math.Abs(at - wanted));
            }
        }

        return best;
    }
}

/// <summary>How a Claude model is told to think.</summary>
/// <param name="Type"><c>enabled</c>, <c>adaptive</c> or <c>disabled</c>.</param>
/// <param name="BudgetTokens">With <c>enabled</c>.</param>
/// <param name="Effort"><c>output_config.effort</c>; null = leave it out.</param>
public sealed record ClaudeThinking(string Type, long? BudgetTokens, string? Effort)
{
    /// <summary>No thinking.</summary>
    public static ClaudeThinking Disabled { get; } = new("disabled", null, null);
}
