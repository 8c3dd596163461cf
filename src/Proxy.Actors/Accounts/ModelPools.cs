using System.Collections.Frozen;

namespace Proxy.Actors.Accounts;

/// <summary>Pools of models behind one alias: which of them is used, and what a block of one of them blocks. Pure.</summary>
internal static class ModelPools
{
    /// <summary>
    /// The member to use: by <paramref name="spread"/> where it is given, so that a conversation stays with its model and its
    /// prompt cache, else the one that was used longest ago; one that is blocked only when all are.
    /// </summary>
    public static UpstreamModel Choose(ServedModel served, int? spread, AccountState state, DateTimeOffset now)
    {
        var upstreams = served.Upstreams;
        if (upstreams.Count == 1)
        {
            return upstreams[0];
        }

        UpstreamModel? chosen = null;
        var longestAgo = long.MaxValue;
        var first = spread is { } seat ? (int)((uint)seat % (uint)upstreams.Count) : 0;
        for (var i = 0; i < upstreams.Count; i++)
        {
            var upstream = upstreams[(first + i) % upstreams.Count];
            if (state.Cooldowns.ForModel(upstream.Name, now) is not null)
            {
                continue;
            }

            if (spread is not null)
            {
                return upstream;
            }

            var used = state.PoolUse.GetValueOrDefault(upstream.Name, -1);
            if (used < longestAgo)
            {
                (chosen, longestAgo) = (upstream, used);
            }
        }

        return chosen ?? upstreams[0];
    }

    /// <summary>The seat of a session: the same text, the same number, in every process (FNV-1a).</summary>
    public static int SeatOf(string session)
    {
        var hash = 2166136261u;
        foreach (var character in session)
        {
            hash = unchecked((hash ^ character) * 16777619u);
        }

        return unchecked((int)hash);
    }

    /// <summary>The routed names that can't be served, with the reason of the upstream's model that is back first.</summary>
    /// <param name="served">The account's models.</param>
    /// <param name="blocked">What is blocked, by upstream's model.</param>
    public static FrozenDictionary<string, Ineligibility> Blocked(ServedModels served, IReadOnlyList<Cooldown> blocked)
    {
        if (blocked.Count == 0)
        {
            return FrozenDictionary<string, Ineligibility>.Empty;
        }

        var names = new Dictionary<string, Ineligibility>(StringComparer.Ordinal);
        foreach (var routed in blocked.SelectMany(c => served.RoutedNames(c.Model!)).Distinct(StringComparer.Ordinal))
        {
            Cooldown? soonest = null;
            var all = served.Find(routed)?.Upstreams ?? [];
            foreach (var upstream in all)
            {
                var cooldown = blocked.FirstOrDefault(c => c.Model == upstream.Name);
                if (cooldown is null)
                {
                    soonest = null;
                    break;
                }

                soonest = soonest is null || cooldown.Until < soonest.Until ? cooldown : soonest;
            }

            if (soonest is not null)
            {
                names[routed] = soonest.ToIneligibility();
            }
        }

        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
