using System.Collections.Concurrent;
using System.Collections.Frozen;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Accounts;

/// <summary>No model: an account that is on its way out.</summary>
public sealed record NoModels : ServedModels
{
    /// <summary>The one instance.</summary>
    public static NoModels Instance { get; } = new();

    /// <inheritdoc />
    public override IReadOnlyList<string> Listed => [];

    /// <inheritdoc />
    public override ServedModel? Find(string model) => null;
}

/// <summary>All models of a kind, listed or recognised by their name's pattern: OAuth accounts, and keys without a list.</summary>
public sealed record ModelsOfKind(UpstreamKind Kind, ModelRules Rules, ModelCatalogue Catalogue) : ServedModels
{
    // Names come from clients, so what is remembered of them is bounded.
    private const int MaxRemembered = 512;
    private readonly ConcurrentDictionary<string, ServedModel> _known = new(StringComparer.Ordinal);
    private readonly AliasTable _aliases = new(Rules);
    private IReadOnlyList<string>? _listed;

    /// <inheritdoc />
    public override IReadOnlyList<string> Listed => _listed ??=
        [.. Catalogue.Models.Where(m => m.Kind == Kind && !m.IsRetired && MayServe(m.Id) && !_aliases.Hidden.Contains(m.Id)).Select(m => m.Id)
            .Concat(_aliases.Listed)
            .Distinct(StringComparer.Ordinal)
            .SelectMany(Rules.WithPrefix)];

    /// <inheritdoc />
    public override ServedModel? Find(string model)
    {
        if (_known.TryGetValue(model, out var known))
        {
            return known;
        }

        if (Rules.WithoutPrefix(model) is not { } plain || (_aliases.Find(plain) ?? Plain(plain)) is not { } served)
        {
            return null;
        }

        if (_known.Count < MaxRemembered)
        {
            _known[model] = served;
        }

        return served;
    }

    /// <inheritdoc />
    public override IEnumerable<string> RoutedNames(string upstream) =>
        _aliases.AliasesOf(upstream).Append(upstream).Distinct(StringComparer.Ordinal).SelectMany(Rules.WithPrefix);

    /// <inheritdoc />
    public override bool IsPooled(string upstream) => _aliases.IsPooled(upstream);

    /// <inheritdoc />
    public bool Equals(ModelsOfKind? other) => other is not null && Kind == other.Kind && Rules == other.Rules && ReferenceEquals(Catalogue, other.Catalogue);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Kind, Rules);

    // routed names carry no suffix any more: one that still looks like it has one is somebody's alias
    private ServedModel? Plain(string name) =>
        Catalogue.Resolve(name) is { } resolved && resolved.Kind == Kind && resolved.Name == name && MayServe(name) ? new ServedModel(name) : null;

    private bool MayServe(string name) => !Rules.Excludes(name) && (Rules.Plan is null || ChatGptPlans.Has(Catalogue.Find(name), Rules.Plan));
}

/// <summary>Exactly the aliases of a configured list; the upstream's own names are understood too.</summary>
public sealed record ListedModels : ServedModels
{
    private readonly AliasTable _aliases;
    private readonly FrozenDictionary<string, ServedModel> _byName;

    /// <summary>The models of <paramref name="rules"/>.</summary>
    public ListedModels(ModelRules rules)
    {
        Rules = rules;
        _aliases = new AliasTable(rules);
        var names = rules.Aliases.Select(a => UpstreamModel.Parse(a.Name).Name).Where(n => !rules.Excludes(n)).Distinct(StringComparer.OrdinalIgnoreCase);
        _byName = names.ToFrozenDictionary(n => n, n => new ServedModel(n), StringComparer.OrdinalIgnoreCase);
        var forked = rules.Aliases.Where(a => a.Fork).Select(a => UpstreamModel.Parse(a.Name).Name).Where(_byName.ContainsKey);
        Listed = [.. _aliases.Listed.Concat(forked).Distinct(StringComparer.OrdinalIgnoreCase).SelectMany(rules.WithPrefix)];
    }

    /// <summary>What they are made of.</summary>
    public ModelRules Rules { get; }

    /// <inheritdoc />
    public override IReadOnlyList<string> Listed { get; }

    /// <inheritdoc />
    public override ServedModel? Find(string model) =>
        Rules.WithoutPrefix(model) is { } plain ? _aliases.Find(plain) ?? _byName.GetValueOrDefault(plain) : null;

    /// <inheritdoc />
    public override IEnumerable<string> RoutedNames(string upstream) =>
        _aliases.AliasesOf(upstream).Append(upstream).Distinct(StringComparer.Ordinal).SelectMany(Rules.WithPrefix);

    /// <inheritdoc />
    public override bool IsPooled(string upstream) => _aliases.IsPooled(upstream);

    /// <inheritdoc />
    public bool Equals(ListedModels? other) => other is not null && Rules == other.Rules;

    /// <inheritdoc />
    public override int GetHashCode() => Rules.GetHashCode();
}
