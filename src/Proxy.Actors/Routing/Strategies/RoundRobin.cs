using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>Accounts take turns in the order of their ids; each model has turns of its own.</summary>
internal sealed class RoundRobin(Rotation rotation) : IStrategy
{
    /// <inheritdoc />
    public AccountSnapshot Choose(ReadOnlySpan<AccountSnapshot> candidates, string model, DateTimeOffset now)
    {
        var chosen = candidates[0];
        if (rotation.Last(model) is { } last)
        {
            foreach (var candidate in candidates)
            {
                if (string.CompareOrdinal(candidate.Id.Value, last.Value) > 0)
                {
                    chosen = candidate;
                    break;
                }
            }
        }

        rotation.MoveTo(model, chosen.Id);
        return chosen;
    }
}
