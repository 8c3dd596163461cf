using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>What <c>thinking</c> demands and excludes (spec/wire-protocols.md 1.2).</summary>
internal static class ThinkingRules
{
    private static readonly HashSet<string> Efforts = new(StringComparer.Ordinal) { "low", "medium", "high", "xhigh", "max" };

    /// <summary>True when the request lets the model think.</summary>
    public static bool IsOn(JsonElement body) => body.Given("thinking")?.Text("type") is "enabled" or "adaptive" or "between_tools";

    /// <summary>True when thinking is to be signed but not shown.</summary>
    public static bool IsOmitted(JsonElement body) => body.Given("thinking")?.Text("display") == "omitted";

    public static Refusal? Check(JsonElement body) => Config(body) ?? Output(body) ?? (IsOn(body) ? Exclusions(body) : ContextEdits(body));

    // spec/protocols.md 5.6 rule 11
    private static Refusal? ContextEdits(JsonElement body)
    {
        foreach (var (_, edit) in body.Given("context_management")?.Member("edits").Items() ?? [])
        {
            if (edit.Text("type") is { } type && type.StartsWith("clear_thinking", StringComparison.Ordinal))
            {
                return Bad.Request($"`{type}` strategy requires `thinking` to be enabled or adaptive");
            }
        }

        return null;
    }

    private static Refusal? Config(JsonElement body)
    {
        if (body.Given("thinking") is not { } thinking)
        {
            return null;
        }

        var type = thinking.Text("type");
        switch (type)
        {
            case "enabled":
                if (thinking.Member("budget_tokens") is not { ValueKind: JsonValueKind.Number } budget)
                {
                    return Bad.Missing("thinking.enabled.budget_tokens");
                }

                if (budget.GetInt64() < 1024)
                {
                    return Bad.Request("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
                }

                return body.Member("max_tokens") is { } max && max.GetInt32() <= budget.GetInt64()
                    ? Bad.Request("`max_tokens` must be greater than `thinking.budget_tokens`.")
                    : Bad.Extras(thinking, "thinking.enabled", ["type", "budget_tokens", "display"]);
            case "adaptive":
                return Bad.Extras(thinking, "thinking.adaptive", ["type", "display"]);
            case "disabled":
                return Bad.Extras(thinking, "thinking.disabled", ["type"]);
            case "between_tools":
                return null;
            default:
                return Bad.Request($"thinking: Input tag '{type}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'");
        }
    }

    private static Refusal? Output(JsonElement body)
    {
        if (body.Given("output_config") is not { ValueKind: JsonValueKind.Object } output)
        {
            return null;
        }

        if (output.Given("effort") is { } effort && (effort.ValueKind != JsonValueKind.String || !Efforts.Contains(effort.GetString()!)))
        {
            return Bad.Request("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'");
        }

        return Bad.Extras(output, "output_config", ["effort", "format", "task_budget"]);
    }

    private static Refusal? Exclusions(JsonElement body)
    {
        if (body.Given("temperature") is { } temperature && temperature.ValueKind == JsonValueKind.Number && Math.Abs(temperature.GetDouble() - 1) > 1e-9)
        {
            return Bad.Request("`temperature` may only be set to 1 when thinking is enabled.");
        }

        if (body.Given("top_p") is { ValueKind: JsonValueKind.Number } topP && topP.GetDouble() < 0.95)
        {
            return Bad.Request("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.");
        }

        if (body.Given("top_k") is not null)
        {
            return Bad.Request("`top_k` must be unset when thinking is enabled.");
        }

        return body.Given("tool_choice")?.Text("type") is "any" or "tool"
            ? Bad.Request("Thinking may not be enabled when tool_choice forces tool use.")
            : null;
    }
}
