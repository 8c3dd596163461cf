using System.Text.Json;
using System.Text.Json.Serialization;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Models;

/// <summary>Reads the catalogue's JSON file.</summary>
internal static partial class CatalogueFile
{
    public static ModelCatalogue ReadEmbedded()
    {
        using var stream = typeof(CatalogueFile).Assembly.GetManifestResourceStream("catalogue.json")
            ?? throw new InvalidOperationException("catalogue.json is not embedded");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var (models, patterns) = Read(memory.GetBuffer().AsSpan(0, (int)memory.Length));
        return new ModelCatalogue(models, patterns);
    }

    /// <exception cref="FormatException">Not valid; the message names the place.</exception>
    public static (List<ModelInfo> Models, List<NamePattern> Patterns) Read(ReadOnlySpan<byte> json)
    {
        Document? document;
        try
        {
            document = JsonSerializer.Deserialize(json, CatalogueJson.Default.Document);
        }
        catch (JsonException broken)
        {
            throw new FormatException($"the model catalogue is not valid at {broken.Path ?? "$"}, line {broken.LineNumber + 1}: {broken.Message}", broken);
        }

        return (
            [.. (document?.Models ?? []).Select(ToInfo)],
            [.. (document?.Patterns ?? []).Select(p => new NamePattern(p.Prefix, KindOf(p.Kind, p.Prefix)))]);
    }

    private static ModelInfo ToInfo(Entry entry) => new()
    {
        Id = entry.Id,
        Kind = KindOf(entry.Kind, entry.Id),
        DisplayName = entry.Name ?? entry.Id,
        Created = entry.Created,
        ContextWindow = entry.Context,
        MaxOutput = entry.MaxOutput,
        TakesSampling = entry.Sampling,
        TakesImages = entry.Images ?? true,
        IsRetired = entry.Retired,
        Successor = entry.Successor,
        Aliases = entry.Aliases ?? [],
        Plans = entry.Plans ?? [],
        Thinking = entry.Thinking is not { } thinking
            ? null
            : new ThinkingAbility(
                thinking.Budget is [var min, _] ? min : 0,
                thinking.Budget is [_, var max] ? max : 0,
                thinking.Zero,
                thinking.Dynamic,
                thinking.Levels ?? []),
    };

    private static UpstreamKind KindOf(string kind, string of) => kind switch
    {
        "claude" => UpstreamKind.Claude,
        "codex" => UpstreamKind.Codex,
        "compatible" => UpstreamKind.Compatible,
        _ => throw new FormatException($"the model catalogue gives '{of}' the kind '{kind}'; known are claude, codex, compatible"),
    };

    internal sealed record Document(IReadOnlyList<Pattern>? Patterns, IReadOnlyList<Entry>? Models);

    internal sealed record Pattern([property: JsonRequired] string Prefix, [property: JsonRequired] string Kind);

    internal sealed record Entry(
        [property: JsonRequired] string Id,
        [property: JsonRequired] string Kind,
        string? Name,
        long Created,
        int Context,
        int MaxOutput,
        Ability? Thinking,
        bool Sampling,
        bool? Images,
        bool Retired,
        string? Successor,
        IReadOnlyList<string>? Aliases,
        IReadOnlyList<string>? Plans);

    internal sealed record Ability(int[]? Budget, bool Zero, bool Dynamic, IReadOnlyList<string>? Levels);

    [JsonSerializable(typeof(Document))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
    internal sealed partial class CatalogueJson : JsonSerializerContext;
}
