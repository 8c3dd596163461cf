using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>What the Messages API demands of a request as a whole (spec/wire-protocols.md 1.2).</summary>
internal static class RequestRules
{
    private static readonly HashSet<string> MessageMembers = new(StringComparer.Ordinal)
    {
        "model", "messages", "max_tokens", "system", "tools", "tool_choice", "stream", "stop_sequences", "metadata", "thinking", "output_config",
        "service_tier", "speed", "cache_control", "container", "diagnostics", "inference_geo", "user_profile_id", "workspace_id",
        "temperature", "top_p", "top_k", "context_management", "mcp_servers", "fallbacks", "output_format", "thread",
    };

    private static readonly HashSet<string> CountMembers = new(StringComparer.Ordinal)
    {
        "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "speed", "cache_control", "context_management", "mcp_servers",
    };

    public static Refusal? Check(JsonElement body, bool isCount) =>
        Bad.Extras(body, string.Empty, isCount ? CountMembers : MessageMembers)
        ?? Envelope(body, isCount)
        ?? Model(body, isCount)
        ?? System(body)
        ?? ToolRules.Check(body)
        ?? ThinkingRules.Check(body)
        ?? Sampling(body)
        ?? MessageRules.Check(body)
        ?? CacheControlRules.Check(body);

    private static Refusal? Envelope(JsonElement body, bool isCount)
    {
        foreach (var required in isCount ? ["model", "messages"] : (string[])["model", "max_tokens", "messages"])
        {
            if (body.Member(required) is null)
            {
                return Bad.Missing(required);
            }
        }

        if (!body.Member("model").Is(JsonValueKind.String))
        {
            return Bad.Request("model: Input should be a valid string");
        }

        if (body.Member("max_tokens") is { } max && (max.ValueKind != JsonValueKind.Number || !max.TryGetInt32(out _)))
        {
            return Bad.Request("max_tokens: Input should be a valid integer");
        }

        if (body.Member("max_tokens") is { } small && small.GetInt32() < 1)
        {
            return Bad.Request("max_tokens: Input should be greater than or equal to 1");
        }

        if (body.Member("stream") is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) })
        {
            return Bad.Request("stream: Input should be a valid boolean");
        }

        foreach (var (i, stop) in body.Given("stop_sequences").Items())
        {
            if (stop.ValueKind != JsonValueKind.String || string.IsNullOrWhiteSpace(stop.GetString()))
            {
                return Bad.Request($"stop_sequences: each stop sequence must contain non-whitespace (at {i})");
            }
        }

        return body.Given("metadata") is { ValueKind: JsonValueKind.Object } metadata ? Bad.Extras(metadata, "metadata", ["user_id"]) : null;
    }

    private static Refusal? Model(JsonElement body, bool isCount)
    {
        var name = body.Text("model")!;
        if (AnthropicModels.Find(name) is not { } model)
        {
            return new Refusal(404, "not_found_error", $"model: {name}");
        }

        var max = isCount ? 1 : body.Member("max_tokens")!.Value.GetInt32();
        return max > model.MaxOutput
            ? Bad.Request($"max_tokens: {max} > {model.MaxOutput}, which is the maximum allowed number of output tokens for {name}")
            : null;
    }

    private static Refusal? System(JsonElement body)
    {
        if (body.Member("system") is not { } system || system.ValueKind == JsonValueKind.String)
        {
            return null;
        }

        if (system.ValueKind != JsonValueKind.Array)
        {
            return Bad.Request("system: Input should be a valid list");
        }

        foreach (var (i, block) in ((JsonElement?)system).Items())
        {
            if (block.Text("type") != "text")
            {
                return Bad.Request($"system.{i}.type: Input should be 'text'");
            }

            var problem = ContentRules.CheckText(block, $"system.{i}", "system: text content blocks must be non-empty");
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private static Refusal? Sampling(JsonElement body)
    {
        foreach (var name in (string[])["temperature", "top_p"])
        {
            if (body.Given(name) is { } value && (value.ValueKind != JsonValueKind.Number || value.GetDouble() is < 0 or > 1))
            {
                return Bad.Request($"{name}: range: 0..1");
            }
        }

        // newer models take one of the two only (spec/protocols.md 5.6 rule 4)
        return body.Given("temperature") is not null && body.Given("top_p") is not null && !body.Text("model")!.StartsWith("claude-3", StringComparison.Ordinal)
            ? Bad.Request("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
            : null;
    }
}
