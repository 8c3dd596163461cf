using System.Text.Json;

namespace Proxy.Host.Endpoints;

/// <summary>
/// A rough count of tokens, from the length of what a model would read: texts, tool calls and results, tool definitions.
/// Structure and base64 data do not count by their length.
/// </summary>
internal static class TokenEstimate
{
    /// <summary>English text and code take 3 to 5 bytes a token; other scripts take fewer characters but more bytes each.</summary>
    private const int BytesPerToken = 4;

    /// <summary>What an image costs at most on Anthropic's side, after scaling (width × height / 750).</summary>
    private const int TokensPerImage = 1600;

    /// <summary>Role marks around every message.</summary>
    private const int TokensPerMessage = 4;

    /// <summary>The estimate for a valid JSON body of an Anthropic request.</summary>
    public static long OfAnthropic(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        long bytes = 0;
        long tokens = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                bytes += reader.TokenType is JsonTokenType.String or JsonTokenType.Number ? reader.ValueSpan.Length : 0;
                continue;
            }

            if (reader.CurrentDepth == 1 && !IsRead(ref reader))
            {
                reader.Skip();
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                tokens += TokensPerImage;
                reader.TrySkip();
            }
            else if (reader.ValueTextEquals("role"u8))
            {
                reader.Read();
                tokens += TokensPerMessage;
            }
            else if (reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("signature"u8) || reader.ValueTextEquals("id"u8)
                || reader.ValueTextEquals("tool_use_id"u8) || reader.ValueTextEquals("cache_control"u8) || reader.ValueTextEquals("media_type"u8))
            {
                reader.Skip();
            }
            else if (reader.CurrentDepth > 3)
            {
                bytes += reader.ValueSpan.Length;
            }
        }

        return Math.Max(1, tokens + ((bytes + BytesPerToken - 1) / BytesPerToken));
    }

    private static bool IsRead(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("system"u8) || reader.ValueTextEquals("messages"u8) || reader.ValueTextEquals("tools"u8);
}
