using Proxy.Protocol.Answers;

namespace Proxy.Protocol.Models;

/// <summary>What a provider asks for tokens of a model: US dollars per million.</summary>
/// <param name="Input">Input that has nothing to do with the cache.</param>
/// <param name="Output">Output, reasoning included.</param>
public sealed record TokenRates(decimal Input, decimal Output)
{
    /// <summary>Input read from the cache; null: as <see cref="Input"/>.</summary>
    public decimal? CacheRead { get; init; }

    /// <summary>Input written to the cache; null: as <see cref="Input"/>.</summary>
    public decimal? CacheWrite { get; init; }

    /// <summary>Input written to the cache for an hour; null: as <see cref="CacheWrite"/>.</summary>
    public decimal? CacheWriteLong { get; init; }

    /// <summary>Dollars for this usage.</summary>
    public decimal Of(Usage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        var written = CacheWrite ?? Input;
        var kept = Math.Clamp(usage.CacheWriteLong ?? 0, 0, usage.CacheWrite ?? 0);
        return (((usage.UncachedInput ?? 0) * Input)
            + ((usage.CacheRead ?? 0) * (CacheRead ?? Input))
            + (((usage.CacheWrite ?? 0) - kept) * written)
            + (kept * (CacheWriteLong ?? written))
            + ((usage.Output ?? 0) * Output)) / 1_000_000m;
    }
}

/// <summary>One price of the table.</summary>
/// <param name="Models">Names it holds for; a <c>*</c> at the end stands for any rest.</param>
/// <param name="Rates">The rates.</param>
public sealed record ModelPrice(IReadOnlyList<string> Models, TokenRates Rates)
{
    /// <summary>The first day (UTC) it holds for; null: since ever.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Prompts of more than <see cref="LongAbove"/> tokens cost this, the whole request; null when there is no such tariff.</summary>
    public TokenRates? Long { get; init; }

    /// <summary>In tokens.</summary>
    public long LongAbove { get; init; } = long.MaxValue;

    /// <summary>Dollars for one request's usage.</summary>
    public decimal Of(Usage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return (Long is { } rates && usage.TotalInput > LongAbove ? rates : Rates).Of(usage);
    }

    /// <summary>How closely a pattern names the model: its fixed characters, exact names first; -1 when none does.</summary>
    internal int Fit(string model)
    {
        var best = -1;
        foreach (var pattern in Models)
        {
            var isExact = !pattern.EndsWith('*');
            var fits = isExact
                ? pattern.Equals(model, StringComparison.OrdinalIgnoreCase)
                : model.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.OrdinalIgnoreCase);
            best = fits ? Math.Max(best, isExact ? int.MaxValue : pattern.Length) : best;
        }

        return best;
    }
}
