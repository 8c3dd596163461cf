using System.Text.Json;
using System.Text.Json.Serialization;
using Proxy.Protocol.Answers;

namespace Proxy.Protocol.Models;

/// <summary>
/// What the providers' APIs would ask for what subscriptions served: data (<c>prices.json</c>, with its sources), which a
/// file of the owner's can extend and override. Immutable.
/// </summary>
public sealed partial class PriceTable
{
    private readonly ModelPrice[][] _layers;

    private PriceTable(ModelPrice[][] layers) => _layers = layers;

    /// <summary>The table that comes with the program.</summary>
    public static PriceTable Default { get; } = ReadEmbedded();

    /// <summary>Every price, the owner's first.</summary>
    public IEnumerable<ModelPrice> Prices => _layers.SelectMany(l => l);

    /// <summary>Reads a table in the form of <c>prices.json</c>.</summary>
    /// <exception cref="FormatException">Not valid; the message names the place.</exception>
    public static PriceTable Read(ReadOnlySpan<byte> json)
    {
        Document? document;
        try
        {
            document = JsonSerializer.Deserialize(json, PriceJson.Default.Document);
        }
        catch (JsonException broken)
        {
            throw new FormatException($"it is not valid at {broken.Path ?? "$"}, line {(broken.LineNumber ?? 0) + 1}", broken);
        }

        return new PriceTable([[.. (document?.Prices ?? throw new FormatException("it has no prices")).Select(ToPrice)]]);
    }

    /// <summary>This table, with <paramref name="others"/> counting first.</summary>
    public PriceTable Under(PriceTable others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new PriceTable([.. others._layers, .. _layers]);
    }

    /// <summary>The price of a model at a time; null when the table has none.</summary>
    public ModelPrice? Find(string model, DateTimeOffset at)
    {
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        foreach (var layer in _layers)
        {
            ModelPrice? best = null;
            var bestFit = -1;
            foreach (var price in layer)
            {
                var fit = price.From > day ? -1 : price.Fit(model);
                if (fit > bestFit || (fit == bestFit && fit >= 0 && (price.From ?? DateOnly.MinValue) > (best?.From ?? DateOnly.MinValue)))
                {
                    (best, bestFit) = (price, fit);
                }
            }

            if (best is not null)
            {
                return best;
            }
        }

        return null;
    }

    private static PriceTable ReadEmbedded()
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream("prices.json") ?? throw new InvalidOperationException("prices.json is not embedded");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return Read(memory.GetBuffer().AsSpan(0, (int)memory.Length));
    }

    private static ModelPrice ToPrice(Entry? entry)
    {
        if (entry is not { Models: [{ } name, ..] models } || models.Any(string.IsNullOrEmpty))
        {
            throw new FormatException("a price names no models");
        }

        return new ModelPrice(models, ToRates(name, entry.Input, entry.Output, entry.CacheRead, entry.CacheWrite, entry.CacheWriteLong))
        {
            From = entry.From,
            LongAbove = entry.Long?.Above ?? long.MaxValue,
            Long = entry.Long is { } over ? ToRates(name, over.Input, over.Output, over.CacheRead, over.CacheWrite, over.CacheWriteLong) : null,
        };
    }

    private static TokenRates ToRates(string model, decimal input, decimal output, decimal? read, decimal? write, decimal? writeLong) =>
        new[] { input, output, read ?? 0, write ?? 0, writeLong ?? 0 }.Any(r => r is < 0 or > 1_000_000)
            ? throw new FormatException($"the price of {model} is not between 0 and 1,000,000 dollars per million tokens")
            : new TokenRates(input, output) { CacheRead = read, CacheWrite = write, CacheWriteLong = writeLong };

    internal sealed record Document([property: JsonRequired] IReadOnlyList<Entry?>? Prices, IReadOnlyDictionary<string, Source>? Sources);

    internal sealed record Source(string? Page, string? Read);

    internal sealed record Entry(
        [property: JsonRequired] IReadOnlyList<string> Models,
        [property: JsonRequired] decimal Input,
        [property: JsonRequired] decimal Output,
        [property: JsonPropertyName("cache-read")] decimal? CacheRead,
        [property: JsonPropertyName("cache-write-5m")] decimal? CacheWrite,
        [property: JsonPropertyName("cache-write-1h")] decimal? CacheWriteLong,
        DateOnly? From,
        LongEntry? Long,
        string? Source,
        string? Note);

    internal sealed record LongEntry(
        [property: JsonRequired] long Above,
        [property: JsonRequired] decimal Input,
        [property: JsonRequired] decimal Output,
        [property: JsonPropertyName("cache-read")] decimal? CacheRead,
        [property: JsonPropertyName("cache-write-5m")] decimal? CacheWrite,
        [property: JsonPropertyName("cache-write-1h")] decimal? CacheWriteLong);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true)]
    [JsonSerializable(typeof(Document))]
    private sealed partial class PriceJson : JsonSerializerContext;
}
