using System.Text;
using System.Text.Json;

namespace Proxy.Protocol.Json;

/// <summary>Member names of the three dialects as interned strings: a walk over a body allocates none for them.</summary>
internal static class JsonNames
{
    private static readonly string[][] ByLength = Group(
        "id", "type", "role", "text", "data", "name", "user", "stop", "n", "seed", "model", "input", "tools", "top_p", "top_k", "betas", "store",
        "stream", "system", "output", "status", "source", "effort", "format", "phase", "detail", "include", "content", "call_id", "summary", "user_id",
        "display", "messages", "thinking", "metadata", "is_error", "image_url", "arguments", "signature", "reasoning", "max_tokens", "tool_choice",
        "tool_use_id", "temperature", "annotations", "input_schema", "service_tier", "instructions", "cache_control", "output_config", "budget_tokens",
        "stream_options", "stop_sequences", "prompt_cache_key", "encrypted_content", "reasoning_effort", "max_output_tokens", "parallel_tool_calls",
        "context_management", "prompt_cache_breakpoint", "conversation", "client_metadata", "session_id", "tool_calls", "tool_call_id", "function", "parameters");

    /// <summary>The name of the member that <paramref name="reader"/> stands on.</summary>
    public static string Read(ref Utf8JsonReader reader)
    {
        var bytes = reader.ValueSpan;
        if (!reader.ValueIsEscaped && bytes.Length < ByLength.Length)
        {
            foreach (var name in ByLength[bytes.Length])
            {
                if (Ascii.Equals(bytes, name))
                {
                    return name;
                }
            }
        }

        return reader.GetString() ?? string.Empty;
    }

    private static string[][] Group(params string[] names)
    {
        var byLength = new string[names.Max(n => n.Length) + 1][];
        for (var i = 0; i < byLength.Length; i++)
        {
            byLength[i] = [.. names.Where(n => n.Length == i)];
        }

        return byLength;
    }
}
