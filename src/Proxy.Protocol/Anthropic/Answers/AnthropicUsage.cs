using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>The <c>usage</c> object: input is counted without the cache (spec/protocols.md 17).</summary>
internal static class AnthropicUsage
{
    public static Usage Read(ref JsonCursor cursor)
    {
        long? input = null, read = null, write = null, output = null, thinking = null, writeLong = null;
        if (cursor.EnterObject())
        {
            while (cursor.NextMember())
            {
                if (cursor.NameIs("input_tokens"u8))
                {
                    input = cursor.Count();
                }
                else if (cursor.NameIs("output_tokens"u8))
                {
                    output = cursor.Count();
                }
                else if (cursor.NameIs("cache_read_input_tokens"u8))
                {
                    read = cursor.Count();
                }
                else if (cursor.NameIs("cache_creation_input_tokens"u8))
                {
                    write = cursor.Count();
                }
                else if (cursor.NameIs("cache_creation"u8) && cursor.EnterObject())
                {
                    while (cursor.NextMember())
                    {
                        writeLong = cursor.NameIs("ephemeral_1h_input_tokens"u8) ? cursor.Count() : writeLong;
                    }
                }
                else if (cursor.NameIs("output_tokens_details"u8) && cursor.EnterObject())
                {
                    while (cursor.NextMember())
                    {
                        thinking = cursor.NameIs("thinking_tokens"u8) ? cursor.Count() : thinking;
                    }
                }
            }
        }

        return new Usage(input, read, write, output, thinking) { CacheWriteLong = writeLong };
    }

    /// <summary>Cache counts appear when there are any, the split of the output when it is known (spec/protocols.md 3.6).</summary>
    public static void Write(Usage usage, IBufferWriter<byte> output)
    {
        output.Write("{\"input_tokens\":"u8);
        output.WriteNumber(usage.UncachedInput ?? 0);
        if (usage.CacheWrite > 0)
        {
            output.Write(",\"cache_creation_input_tokens\":"u8);
            output.WriteNumber(usage.CacheWrite.Value);
        }

        if (usage.CacheRead > 0)
        {
            output.Write(",\"cache_read_input_tokens\":"u8);
            output.WriteNumber(usage.CacheRead.Value);
        }

        output.Write(",\"output_tokens\":"u8);
        output.WriteNumber(usage.Output ?? 0);
        if (usage.Reasoning is { } reasoning)
        {
            output.Write(",\"output_tokens_details\":{\"thinking_tokens\":"u8);
            output.WriteNumber(reasoning);
            output.Write("}"u8);
        }

        output.Write("}"u8);
    }
}
