using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>The <c>usage</c> object: input tokens include what came from and went to the cache (spec/protocols.md 17).</summary>
internal static class ResponsesUsage
{
    public static Usage Read(ref JsonCursor cursor)
    {
        long? input = null, cached = null, written = null, output = null, reasoning = null;
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            if (cursor.NameIs("input_tokens"u8))
            {
                input = cursor.Count();
            }
            else if (cursor.NameIs("output_tokens"u8))
            {
                output = cursor.Count();
            }
            else if (cursor.NameIs("input_tokens_details"u8) && cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    if (cursor.NameIs("cached_tokens"u8))
                    {
                        cached = cursor.Count();
                    }
                    else if (cursor.NameIs("cache_write_tokens"u8))
                    {
                        written = cursor.Count();
                    }
                }
            }
            else if (cursor.NameIs("output_tokens_details"u8) && cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    reasoning = cursor.NameIs("reasoning_tokens"u8) ? cursor.Count() : reasoning;
                }
            }
        }

        var uncached = input is { } all ? Math.Max(0, all - (cached ?? 0) - (written ?? 0)) : (long?)null;
        return new Usage(uncached, cached, written, output, reasoning);
    }

    /// <summary>Strict clients need both details objects, whatever is known (E105).</summary>
    public static void Write(Usage usage, IBufferWriter<byte> output)
    {
        output.Write("{\"input_tokens\":"u8);
        output.WriteNumber(usage.TotalInput);
        output.Write(",\"input_tokens_details\":{\"cached_tokens\":"u8);
        output.WriteNumber(usage.CacheRead ?? 0);
        if (usage.CacheWrite is { } written)
        {
            output.Write(",\"cache_write_tokens\":"u8);
            output.WriteNumber(written);
        }

        output.Write("},\"output_tokens\":"u8);
        output.WriteNumber(usage.Output ?? 0);
        output.Write(",\"output_tokens_details\":{\"reasoning_tokens\":"u8);
        output.WriteNumber(usage.Reasoning ?? 0);
        output.Write("},\"total_tokens\":"u8);
        output.WriteNumber(usage.TotalInput + (usage.Output ?? 0));
        output.Write("}"u8);
    }
}
