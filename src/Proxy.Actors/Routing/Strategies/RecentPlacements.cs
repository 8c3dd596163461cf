using System.Runtime.InteropServices;
using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>
/// The cursor of <see cref="SoonestReset"/>: how many conversations each account was given lately. They show in its
/// readings only after a while; until then they are counted, each for half as much after <see cref="HalfLife"/>.
/// </summary>
internal sealed class RecentPlacements
{
    private const int MaxAccounts = 1024;
    private static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(15);
    private readonly Dictionary<AccountId, (double Count, DateTimeOffset At)> _placed = [];

    /// <summary>How many it was given lately.</summary>
    public double Of(AccountId account, DateTimeOffset now) =>
        _placed.TryGetValue(account, out var placed) ? placed.Count * Math.Pow(0.5, Math.Max(0, (now - placed.At) / HalfLife)) : 0;

    /// <summary>It is given one more.</summary>
    public void Add(AccountId account, DateTimeOffset now)
    {
        var count = Of(account, now) + 1;
        if (_placed.Count >= MaxAccounts)
        {
            _placed.Clear(); // accounts come and go in a process that runs for months
        }

        CollectionsMarshal.GetValueRefOrAddDefault(_placed, account, out _) = (count, now);
    }
}
