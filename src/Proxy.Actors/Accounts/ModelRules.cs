using System.IO.Enumeration;
using Proxy.Actors.Configuration;

namespace Proxy.Actors.Accounts;

/// <summary>What restricts and renames the models of an account, whatever kind it is (spec/accounts.md 5.2).</summary>
/// <param name="Prefix">Served as <c>prefix/model</c> too; null without one.</param>
/// <param name="OnlyPrefixed"><c>force-model-prefix</c>: the plain name is not served.</param>
/// <param name="Excluded">Wildcards (<c>*</c>), compared without case with upstream names and aliases.</param>
/// <param name="Aliases">What clients ask, without case, and what goes upstream. The first of a name decides about its looks.</param>
/// <param name="Plan">The ChatGPT plan of the account; null when it is not known or does not matter.</param>
public sealed record ModelRules(string? Prefix, bool OnlyPrefixed, IReadOnlyList<string> Excluded, IReadOnlyList<ModelAlias> Aliases, string? Plan = null)
{
    /// <summary>No rules.</summary>
    public static ModelRules None { get; } = new(null, OnlyPrefixed: false, [], []);

    /// <inheritdoc />
    public bool Equals(ModelRules? other) =>
        other is not null && Prefix == other.Prefix && OnlyPrefixed == other.OnlyPrefixed && Plan == other.Plan
        && Excluded.SequenceEqual(other.Excluded) && Aliases.SequenceEqual(other.Aliases);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Prefix, OnlyPrefixed, Plan, Excluded.Count, Aliases.Count);

    internal bool Excludes(string name) => Excluded.Any(e => FileSystemName.MatchesSimpleExpression(e, name, ignoreCase: true));

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
