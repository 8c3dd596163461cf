using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>Reads the usage object of any dialect into the one way of counting (spec/protocols.md 17).</summary>
internal static class UsageReader
{
    /// <summary>Reads the object that <paramref name="reader"/> stands on.</summary>
    /// <param name="reader">Stands on the object's brace; is left at its end.</param>
    /// <param name="inputIncludesCache">OpenAI counts cached tokens as input, Anthropic does not.</param>
    public static Usage Read(ref Utf8JsonReader reader, bool inputIncludesCache)
    {
        long? input = null, cacheRead = null, cacheWrite = null, output = null, reasoning = null, writeLong = null;
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var name = JsonNames.Read(ref reader);
            reader.Read();
            if (name is "server_tool_use")
            {
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count))
            {
                count = Math.Clamp(count, 0, JsonCursor.LargestCount);
                switch (name)
                {
                    case "input_tokens" or "prompt_tokens":
                        input = count;
                        break;
                    case "output_tokens" or "completion_tokens":
                        output = count;
                        break;
                    case "cache_read_input_tokens" or "cached_tokens":
                        cacheRead = count;
                        break;
                    case "cache_creation_input_tokens" or "cache_write_tokens" or "cached_creation_tokens":
                        cacheWrite = count;
                        break;
                    case "ephemeral_1h_input_tokens":
                        writeLong = count;
                        break;
                    case "thinking_tokens" or "reasoning_tokens":
                        reasoning = count;
                        break;
                    default:
                        break;
                }
            }
        }

        if (inputIncludesCache && input is { } all)
        {
            input = Math.Max(0, all - (cacheRead ?? 0) - (cacheWrite ?? 0));
        }

        return new Usage(input, cacheRead, cacheWrite, output, reasoning) { CacheWriteLong = writeLong };
    }
}
