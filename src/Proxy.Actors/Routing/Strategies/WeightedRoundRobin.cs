using System.Runtime.InteropServices;
using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>
/// Turns in proportion to <c>weight</c>, spread evenly (smooth weighted round-robin, spec/accounts.md 8.9): everybody
/// gains its weight, the richest is chosen and pays what all gained together.
/// </summary>
internal sealed class WeightedRoundRobin(WeightedTurns turns) : IStrategy
{
    /// <inheritdoc />
    public AccountSnapshot Choose(ReadOnlySpan<AccountSnapshot> candidates, string model, DateTimeOffset now)
    {
        var credits = turns.Of(model);
        var chosen = candidates[0];
        var (most, total) = (long.MinValue, 0L);
        foreach (var candidate in candidates)
        {
            var weight = Math.Max(candidate.Weight, 0);
            ref var credit = ref CollectionsMarshal.GetValueRefOrAddDefault(credits, candidate.Id, out _);
            credit += weight;
            total += weight;
            if (credit > most)
            {
                (most, chosen) = (credit, candidate);
            }
        }

        CollectionsMarshal.GetValueRefOrAddDefault(credits, chosen.Id, out _) -= total;
        return chosen;
    }
}

/// <summary>The cursor of <see cref="WeightedRoundRobin"/>: what each account has saved up, by model. Bounded, because clients invent model names.</summary>
internal sealed class WeightedTurns
{
    private const int MaxModels = 1024;
    private const int MaxAccounts = 1024;
    private readonly Dictionary<string, Dictionary<AccountId, long>> _credits = new(StringComparer.Ordinal);

    /// <summary>The model's.</summary>
    public Dictionary<AccountId, long> Of(string model)
    {
        if (!_credits.TryGetValue(model, out var credits))
        {
            if (_credits.Count >= MaxModels)
            {
                _credits.Clear();
            }

            _credits[model] = credits = [];
        }

        if (credits.Count > MaxAccounts)
        {
            credits.Clear(); // accounts come and go in a process that runs for months
        }

        return credits;
    }
}
