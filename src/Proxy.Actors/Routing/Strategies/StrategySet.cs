using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>
/// One of each strategy, with the cursors that outlive a change of configuration, and the buffer in which the candidates
/// of a choice are gathered. Used by the router's actor alone.
/// </summary>
internal sealed class StrategySet
{
    private readonly RoundRobin _roundRobin;
    private readonly FillFirst _fillFirst = new();
    private readonly WeightedRoundRobin _weighted = new(new WeightedTurns());
    private readonly SoonestReset _soonestReset = new(new RecentPlacements());
    private AccountSnapshot[] _candidates = new AccountSnapshot[16];

    public StrategySet() => _roundRobin = new RoundRobin(Rotation);

    /// <summary>The cursor of <c>round-robin</c>.</summary>
    public Rotation Rotation { get; } = new();

    /// <summary>The strategy of that name.</summary>
    public IStrategy Named(string name) => name switch
    {
        StrategyNames.RoundRobin => _roundRobin,
        StrategyNames.FillFirst => _fillFirst,
        StrategyNames.WeightedRoundRobin => _weighted,
        StrategyNames.SoonestReset => _soonestReset,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "the configuration let a strategy through that does not exist"),
    };

    /// <summary>Room for <paramref name="count"/> candidates, until the next call.</summary>
    public Span<AccountSnapshot> Room(int count)
    {
        if (_candidates.Length < count)
        {
            _candidates = new AccountSnapshot[count * 2];
        }

        return _candidates.AsSpan(0, count);
    }
}
