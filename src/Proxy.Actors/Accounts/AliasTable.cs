using System.Collections.Frozen;

namespace Proxy.Actors.Accounts;

/// <summary>The aliases of an account, made ready to be looked up. Immutable.</summary>
internal sealed class AliasTable
{
    private readonly FrozenDictionary<string, ServedModel> _byAlias;
    private readonly FrozenDictionary<string, string[]> _aliasesOf;
    private readonly FrozenSet<string> _pooled;

    public AliasTable(ModelRules rules)
    {
        var kept = rules.Aliases.Where(a => !rules.Excludes(a.Alias) && !rules.Excludes(UpstreamModel.Parse(a.Name).Name)).ToList();
        var groups = kept.GroupBy(a => a.Alias, StringComparer.OrdinalIgnoreCase).ToList();
        _byAlias = groups.ToFrozenDictionary(
            g => g.Key,
            g => new ServedModel([.. g.Select(a => UpstreamModel.Parse(a.Name)).Distinct()], g.Any(a => a.ForceMapping), g.Select(a => a.DisplayName).FirstOrDefault(n => n is not null)),
            StringComparer.OrdinalIgnoreCase);
        _aliasesOf = kept.GroupBy(a => UpstreamModel.Parse(a.Name).Name, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.Select(a => a.Alias).Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
        _pooled = _byAlias.Values.Where(m => m.Upstreams.Count > 1).SelectMany(m => m.Upstreams).Select(u => u.Name).ToFrozenSet(StringComparer.Ordinal);
        Listed = [.. groups.Select(g => g.Key)];

        // Renamed, not forked: the name itself is no longer shown.
        Hidden = kept.Where(a => !a.Fork && !a.Alias.Equals(UpstreamModel.Parse(a.Name).Name, StringComparison.OrdinalIgnoreCase))
            .Select(a => UpstreamModel.Parse(a.Name).Name)
            .Except(kept.Where(a => a.Fork).Select(a => UpstreamModel.Parse(a.Name).Name), StringComparer.OrdinalIgnoreCase)
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The aliases, as they were first written.</summary>
    public IReadOnlyList<string> Listed { get; }

    /// <summary>Upstream names that only their aliases are shown for.</summary>
    public FrozenSet<string> Hidden { get; }

    /// <summary>Upstream names behind aliases.</summary>
    public IEnumerable<string> Upstreams => _aliasesOf.Keys;

    public ServedModel? Find(string alias) => _byAlias.GetValueOrDefault(alias);

    public IEnumerable<string> AliasesOf(string upstream) => _aliasesOf.GetValueOrDefault(upstream) ?? [];

    public bool IsPooled(string upstream) => _pooled.Contains(upstream);
}
