using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>The <c>usage</c> object: prompt tokens include what came from and went to the cache (spec/protocols.md 17).</summary>
internal static class ChatUsage
{
    /// <summary>Reads the object that the cursor stands on; null when it is none (<c>usage:null</c> in every chunk, E92).</summary>
    public static Usage? Read(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return null;
        }

        long? prompt = null, cached = null, written = null, completion = null, reasoning = null;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("prompt_tokens"u8))
            {
                prompt = cursor.Count();
            }
            else if (cursor.NameIs("completion_tokens"u8))
            {
                completion = cursor.Count();
            }
            else if (cursor.NameIs("prompt_tokens_details"u8) && cursor.EnterObject())
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
                    else if (cursor.NameIs("cached_creation_tokens"u8))
                    {
                        written ??= cursor.Count();
                    }
                }
            }
            else if (cursor.NameIs("completion_tokens_details"u8) && cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    reasoning = cursor.NameIs("reasoning_tokens"u8) ? cursor.Count() : reasoning;
                }
            }
        }

        var uncached = prompt is { } all ? Math.Max(0, all - (cached ?? 0) - (written ?? 0)) : (long?)null;
        return new Usage(uncached, cached, written, completion, reasoning);
    }

    /// <summary>Details appear where the upstream told them (spec/protocols.md 4.2, E164).</summary>
    public static void Write(Usage usage, IBufferWriter<byte> output)
    {
        output.Write("{\"prompt_tokens\":"u8);
        output.WriteNumber(usage.TotalInput);
        output.Write(",\"completion_tokens\":"u8);
        output.WriteNumber(usage.Output ?? 0);
        output.Write(",\"total_tokens\":"u8);
        output.WriteNumber(usage.TotalInput + (usage.Output ?? 0));
        if (usage.CacheRead is not null || usage.CacheWrite is not null)
        {
            output.Write(",\"prompt_tokens_details\":{\"cached_tokens\":"u8);
            output.WriteNumber(usage.CacheRead ?? 0);
            if (usage.CacheWrite is { } written)
            {
                output.Write(",\"cache_write_tokens\":"u8);
                output.WriteNumber(written);
            }

            output.Write("}"u8);
        }

        if (usage.Reasoning is { } reasoning)
        {
            output.Write(",\"completion_tokens_details\":{\"reasoning_tokens\":"u8);
            output.WriteNumber(reasoning);
            output.Write("}"u8);
        }

        output.Write("}"u8);
    }
}
