using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>Tells whether a delta carries anything. Only asked until the first content of an answer.</summary>
internal static class Payload
{
    /// <summary>
    /// True when the value of the top-level member <paramref name="member"/> holds a non-empty string, a number or a
    /// <c>true</c> beside <c>type</c>, <c>role</c>, <c>index</c> and <c>id</c>, at any depth.
    /// </summary>
    public static bool IsIn(ReadOnlySpan<byte> data, string member)
    {
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == member)
            {
                return HasAny(ref reader);
            }

            reader.Skip();
        }

        return false;
    }

    private static bool HasAny(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return Counts(ref reader);
        }

        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = JsonNames.Read(ref reader);
                reader.Read();
                if (name is "type" or "role" or "index" or "id" or "logprobs")
                {
                    reader.Skip();
                    continue;
                }
            }

            if (Counts(ref reader))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Counts(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => !reader.ValueSpan.IsEmpty,
        JsonTokenType.Number or JsonTokenType.True => true,
        _ => false,
    };
}
