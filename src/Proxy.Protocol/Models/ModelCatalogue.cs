using System.Collections.Frozen;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Models;

/// <summary>The models that this proxy knows, and the rules for names that it does not. Immutable; data, not code.</summary>
public sealed class ModelCatalogue
{
    private static readonly string[] DashSuffixes = ["minimal", "low", "medium", "high", "xhigh", "max", "none"];

    /// <summary>Successors of successors are followed this far: data that turns in a circle ends somewhere.</summary>
    private const int LongestSuccession = 8;

    private readonly FrozenDictionary<string, ModelInfo> _byId;
    private readonly IReadOnlyList<NamePattern> _patterns;

    internal ModelCatalogue(IReadOnlyList<ModelInfo> models, IReadOnlyList<NamePattern> patterns)
    {
        Models = models;
        _patterns = patterns;
        _byId = models.Select(m => KeyValuePair.Create(m.Id, m))
            .Concat(models.SelectMany(m => m.Aliases.Select(a => KeyValuePair.Create(a, m))))
            .DistinctBy(m => m.Key, StringComparer.Ordinal)
            .ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The catalogue that ships with the program (an embedded JSON file).</summary>
    public static ModelCatalogue Default { get; } = CatalogueFile.ReadEmbedded();

    /// <summary>All listed models, retired ones included.</summary>
    public IReadOnlyList<ModelInfo> Models { get; }

    internal IReadOnlyList<NamePattern> Patterns => _patterns;

    /// <summary>The entry of a base name; null when it is not listed.</summary>
    public ModelInfo? Find(string name) => _byId.GetValueOrDefault(name);

    /// <summary>
    /// Takes a model name apart: <c>name(high)</c>, <c>name(8192)</c>, <c>gpt-5.1-codex-high</c>,
    /// <c>claude-opus-4-5-thinking-high</c>. A listed name is never
    /// cut; unlisted names resolve by pattern (<c>claude-*</c>, <c>gpt-*</c>) or to no kind. A prefix
    /// (<c>team/name</c>) stays on the name, and such a name has no kind: only the account that owns the prefix knows it.
    /// </summary>
    public ResolvedModel Resolve(string asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var name = asked;
        ThinkingWish? thinking = null;
        if (asked.EndsWith(')') && asked.LastIndexOf('(') is var open and > 0)
        {
            // spec/protocols.md 1.1: an unknown suffix is dropped all the same
            thinking = Thinking.ParseSuffix(asked.AsSpan(open + 1, asked.Length - open - 2));
            name = asked[..open];
        }

        var tailAt = name.LastIndexOf('/') + 1;
        var tail = name[tailAt..];
        if (!_byId.ContainsKey(tail) && CutThinking(tail) is var (model, wish))
        {
            thinking ??= wish;
            tail = model;
            name = string.Concat(name.AsSpan(0, tailAt), model);
        }
        else if (!_byId.ContainsKey(tail) && thinking is null && CutDashSuffix(tail) is var (cut, level))
        {
            thinking = Thinking.FromLevel(level);
            tail = cut;
            name = string.Concat(name.AsSpan(0, tailAt), cut);
        }

        var info = Find(tail);
        UpstreamKind? kind = tailAt > 0 ? null : info?.Kind ?? KindByPattern(tail);
        return new ResolvedModel(asked, name, kind, info, thinking);
    }

    /// <summary>This catalogue with the entries of another JSON file added or replaced.</summary>
    /// <exception cref="FormatException">The file is not valid; the message names the place.</exception>
    public ModelCatalogue Extend(ReadOnlySpan<byte> json)
    {
        var (models, patterns) = CatalogueFile.Read(json);
        return new ModelCatalogue(Replaced(models), [.. patterns, .. _patterns]);
    }

    /// <summary>This catalogue with <paramref name="models"/> added or replaced, by id.</summary>
    public ModelCatalogue Extend(IReadOnlyList<ModelInfo> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        return models.Count == 0 ? this : new ModelCatalogue(Replaced(models), _patterns);
    }

    /// <summary>The listed model that stands in for a retired one; null when the name is no retired model's, or nobody knows one.</summary>
    public ModelInfo? SuccessorOf(string name)
    {
        var model = Find(name);
        for (var steps = 0; model is { IsRetired: true, Successor: { } next } && steps < LongestSuccession; steps++)
        {
            model = Find(next);
        }

        return model is { IsRetired: false } && Find(name) is { IsRetired: true } ? model : null;
    }

    /// <summary>The kind of upstream that names like this belong to; null for a name that nobody knows.</summary>
    public UpstreamKind? KindOf(string name) => Find(name)?.Kind ?? KindByPattern(name);

    private List<ModelInfo> Replaced(IReadOnlyList<ModelInfo> models)
    {
        var replaced = models.DistinctBy(m => m.Id, StringComparer.Ordinal).ToDictionary(m => m.Id, StringComparer.Ordinal);
        return [.. Models.Where(m => !replaced.ContainsKey(m.Id)), .. replaced.Values];
    }

    private UpstreamKind? KindByPattern(string name)
    {
        foreach (var pattern in _patterns)
        {
            if (name.StartsWith(pattern.Prefix, StringComparison.Ordinal))
            {
                return pattern.Kind;
            }
        }

        return null;
    }

    /// <summary>
    /// The <c>-thinking</c> names that clients of older proxies still have in their settings (spec/accounts.md 5.3). The
    /// base is written as the catalogue writes it: <c>claude-opus-4-5</c> is <c>claude-opus-4-5-20251101</c>.
    /// </summary>
    private (string Name, ThinkingWish Wish)? CutThinking(string name)
    {
        const string Mark = "-thinking";
        if (name.LastIndexOf(Mark, StringComparison.Ordinal) is not (> 0 and var at) || KindByPattern(name) != UpstreamKind.Claude)
        {
            return null;
        }

        var level = name[(at + Mark.Length)..] switch
        {
            "" or "-medium" => "medium",
            "-low" => "low",
            "-high" => "high",
            _ => null,
        };
        return level is null ? null : (Find(name[..at])?.Id ?? name[..at], Thinking.FromLevel(level) with { YieldsToBody = true });
    }

    private (string Name, string Level)? CutDashSuffix(string name)
    {
        foreach (var level in DashSuffixes)
        {
            if (name.Length <= level.Length + 1 || !name.EndsWith(level, StringComparison.Ordinal) || name[^(level.Length + 1)] != '-')
            {
                continue;
            }

            // "max" and "none" may belong to an unlisted name itself (gpt-9-codex-max); cut them off listed names only
            var cut = name[..^(level.Length + 1)];
            if (_byId.ContainsKey(cut) || (level is not ("max" or "none") && KindByPattern(cut) == UpstreamKind.Codex))
            {
                return (cut, level);
            }
        }

        return null;
    }
}

/// <summary>Names that begin like this belong to that kind of upstream, listed or not: new models appear all the time.</summary>
internal sealed record NamePattern(string Prefix, UpstreamKind Kind);
