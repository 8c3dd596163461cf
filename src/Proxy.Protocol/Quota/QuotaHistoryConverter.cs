using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Proxy.Protocol.Quota;

/// <summary>A history as a flat list: seconds since 1970 and thousandths of the first point, then differences.</summary>
public sealed class QuotaHistoryConverter : JsonConverter<QuotaHistory>
{
    /// <inheritdoc />
    public override QuotaHistory Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("a history is a list of numbers");
        }

        var points = ImmutableArray.CreateBuilder<QuotaPoint>();
        var (seconds, share) = (0L, 0L);
        while (Next(ref reader) is { } step)
        {
            (seconds, share) = (seconds + step, share + (Next(ref reader) ?? throw new JsonException("a history has pairs")));
            if (seconds is < 0 or > 253_402_300_799 || share < 0 || points.Count >= QuotaHistory.Most)
            {
                throw new JsonException("a history holds moments and shares");
            }

            points.Add(new QuotaPoint(DateTimeOffset.FromUnixTimeSeconds(seconds), share / 1000.0));
        }

        return new QuotaHistory { Points = points.ToImmutable() };
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, QuotaHistory value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStartArray();
        var (seconds, share) = (0L, 0L);
        foreach (var point in value.Points)
        {
            var (at, thousandths) = (point.At.ToUnixTimeSeconds(), (long)Math.Round(point.Share * 1000));
            writer.WriteNumberValue(at - seconds);
            writer.WriteNumberValue(thousandths - share);
            (seconds, share) = (at, thousandths);
        }

        writer.WriteEndArray();
    }

    private static long? Next(ref Utf8JsonReader reader) =>
        !reader.Read() ? throw new JsonException("a history ends")
        : reader.TokenType == JsonTokenType.EndArray ? null
        : reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number
        : throw new JsonException("a history is a list of numbers");
}
