using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>Looks at a single JSON answer that is passed on as it came.</summary>
internal static class SingleAnswer
{
    /// <summary>The usage that it reports; null when it is an error or no JSON object.</summary>
    public static Usage? Read(ReadOnlySpan<byte> body, bool inputIncludesCache)
    {
        try
        {
            var reader = new Utf8JsonReader(body, JsonWalk.Options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            var usage = Usage.Unknown;
            while (JsonWalk.NextMember(ref reader, out var name, out _))
            {
                switch (name)
                {
                    case "usage" when reader.TokenType == JsonTokenType.StartObject:
                        usage = UsageReader.Read(ref reader, inputIncludesCache);
                        break;
                    case "error" when reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String:
                    case "type" when reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8):
                        return null;
                    default:
                        reader.Skip();
                        break;
                }
            }

            reader.Read();
            return usage;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
