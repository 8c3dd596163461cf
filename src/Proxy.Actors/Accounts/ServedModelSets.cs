using System.Collections.Concurrent;
using System.IO.Enumeration;
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
    public override string? UpstreamName(string model) => null;
}

/// <summary>What restricts and renames the models of an account, whatever kind it is (spec/accounts.md 5.2).</summary>
/// <param name="Prefix">Served as <c>prefix/model</c> too; null without one.</param>
/// <param name="OnlyPrefixed"><c>force-model-prefix</c>: the plain name is not served.</param>
/// <param name="Excluded">Wildcards (<c>*</c>), compared without case with upstream names.</param>
/// <param name="Aliases">What clients ask (key), without case, to what goes upstream (value).</param>
public sealed record ModelRules(string? Prefix, bool OnlyPrefixed, IReadOnlyList<string> Excluded, IReadOnlyList<KeyValuePair<string, string>> Aliases)
{
    /// <summary>No rules.</summary>
    public static ModelRules None { get; } = new(null, OnlyPrefixed: false, [], []);

    /// <inheritdoc />
    public bool Equals(ModelRules? other) =>
        other is not null && Prefix == other.Prefix && OnlyPrefixed == other.OnlyPrefixed && Excluded.SequenceEqual(other.Excluded) && Aliases.SequenceEqual(other.Aliases);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Prefix, OnlyPrefixed, Excluded.Count, Aliases.Count);

    internal bool Excludes(string upstream) => Excluded.Any(e => FileSystemName.MatchesSimpleExpression(e, upstream, ignoreCase: true));

    internal string? WithoutPrefix(string model)
    {
        if (Prefix is null)
        {
            return model;
        }

        // A prefix that is itself the model's name keeps the plain name alive (spec/accounts.md 5.2).
        return model.Length > Prefix.Length + 1 && model[Prefix.Length] == '/' && model.StartsWith(Prefix, StringComparison.Ordinal) ? model[(Prefix.Length + 1)..]
            : OnlyPrefixed && model != Prefix ? null
            : model;
    }

    internal string? AliasOf(string name) =>
        Aliases.FirstOrDefault(a => a.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    internal IEnumerable<string> WithPrefix(string name)
    {
        if (Prefix is null || !OnlyPrefixed || name == Prefix)
        {
            yield return name;
        }

        if (Prefix is not null)
        {
            yield return $"{Prefix}/{name}";
        }
    }
}

/// <summary>All models of a kind, listed or recognised by their name's pattern: OAuth accounts, and keys without a list.</summary>
public sealed record ModelsOfKind(UpstreamKind Kind, ModelRules Rules, ModelCatalogue Catalogue) : ServedModels
{
    // Names come from clients, so what is remembered of them is bounded.
    private const int MaxRemembered = 512;
    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public override IReadOnlyList<string> Listed { get; } =
        [.. Catalogue.Models.Where(m => m.Kind == Kind && !m.IsRetired && !Rules.Excludes(m.Id)).Select(m => m.Id)
            .Concat(Rules.Aliases.Where(a => !Rules.Excludes(a.Value)).Select(a => a.Key))
            .Distinct(StringComparer.Ordinal)
            .SelectMany(Rules.WithPrefix)];

    /// <inheritdoc />
    public override string? UpstreamName(string model)
    {
        if (_known.TryGetValue(model, out var known))
        {
            return known;
        }

        if (Rules.WithoutPrefix(model) is not { } plain)
        {
            return null;
        }

        // routed names carry no suffix any more: one that still looks like it has one is somebody's alias
        var resolved = Catalogue.Resolve(plain);
        var name = Rules.AliasOf(plain) ?? (resolved.Kind == Kind && resolved.Name == plain ? plain : null);
        if (name is null || Rules.Excludes(name))
        {
            return null;
        }

        if (_known.Count < MaxRemembered)
        {
            _known[model] = name;
        }

        return name;
    }

    /// <inheritdoc />
    public override IEnumerable<string> RoutedNames(string upstream) =>
        Rules.Aliases.Where(a => a.Value == upstream).Select(a => a.Key).Append(upstream).SelectMany(Rules.WithPrefix);

    /// <inheritdoc />
    public bool Equals(ModelsOfKind? other) => other is not null && Kind == other.Kind && Rules == other.Rules && ReferenceEquals(Catalogue, other.Catalogue);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Kind, Rules);
}

/// <summary>Exactly the aliases of a configured list; the upstream's own names are understood too.</summary>
public sealed record ListedModels(ModelRules Rules) : ServedModels
{
    /// <inheritdoc />
    public override IReadOnlyList<string> Listed { get; } =
        [.. Rules.Aliases.Where(a => !Rules.Excludes(a.Value)).Select(a => a.Key).Distinct(StringComparer.Ordinal).SelectMany(Rules.WithPrefix)];

    /// <inheritdoc />
    public override string? UpstreamName(string model)
    {
        if (Rules.WithoutPrefix(model) is not { } plain)
        {
            return null;
        }

        var name = Rules.AliasOf(plain) ?? Rules.Aliases.FirstOrDefault(a => a.Value.Equals(plain, StringComparison.OrdinalIgnoreCase)).Value;
        return name is null || Rules.Excludes(name) ? null : name;
    }

    /// <inheritdoc />
    public override IEnumerable<string> RoutedNames(string upstream) =>
        Rules.Aliases.Where(a => a.Value == upstream).Select(a => a.Key).Append(upstream).Distinct(StringComparer.Ordinal).SelectMany(Rules.WithPrefix);
}
