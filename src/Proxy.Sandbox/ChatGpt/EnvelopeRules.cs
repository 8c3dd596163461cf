using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>The hard constraints of the backend on a request as a whole (spec/protocols.md 2.1).</summary>
internal static class EnvelopeRules
{
    private static readonly HashSet<string> Allowed = new(StringComparer.Ordinal)
    {
        "model", "instructions", "input", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text", "store", "stream", "include",
        "prompt_cache_key", "service_tier", "client_metadata", "stream_options",
    };

    private static readonly string[] Includes =
    [
        "file_search_call.results", "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url",
        "computer_call_output.output.image_url", "code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs",
    ];

    public static Refusal? Check(JsonElement body, string account, bool isCompact) =>
        Model(body)
        ?? (isCompact ? Compact(body) : Stream(body))
        ?? Instructions(body)
        ?? Unsupported(body)
        ?? Options(body)
        ?? ToolRules.Check(body)
        ?? InputRules.Check(body, account);

    private static Refusal? Model(JsonElement body) =>
        body.Text("model") is not { Length: > 0 } model ? Denied.Detail("Model is required")
        : CodexModels.EffortsOf(model) is null ? NotSupported(model)
        : null;

    public static Refusal NotSupported(string model) =>
        Denied.Detail($"The '{model}' model is not supported when using Codex with a ChatGPT account.");

    private static Refusal? Compact(JsonElement body) =>
        body.Member("stream") is not null ? Denied.Detail("Unsupported parameter: stream") : null;

    private static Refusal? Stream(JsonElement body) =>
        !body.Member("store").Is(JsonValueKind.False) ? Denied.Detail("Store must be set to false")
        : !body.Member("stream").Is(JsonValueKind.True) ? Denied.Detail("Stream must be set to true")
        : null;

    private static Refusal? Instructions(JsonElement body) =>
        !body.Member("instructions").Is(JsonValueKind.String) ? Denied.Detail("Instructions are required")
        : !body.Member("input").Is(JsonValueKind.Array) ? Denied.Detail("Input must be a list")
        : null;

    // one at a time, in the body's order
    private static Refusal? Unsupported(JsonElement body)
    {
        foreach (var member in body.EnumerateObject())
        {
            var isFine = member.Name switch
            {
                "stream_options" => member.Value.ValueKind == JsonValueKind.Object && member.Value.EnumerateObject().All(o => o.Name == "reasoning_summary_delivery"),
                _ => Allowed.Contains(member.Name),
            };
            if (!isFine)
            {
                return Denied.Detail($"Unsupported parameter: {member.Name}");
            }
        }

        return body.Given("service_tier") is { } tier && tier.ToString() != "priority"
            ? Denied.Detail($"Unsupported service_tier: {tier}")
            : null;
    }

    private static Refusal? Options(JsonElement body)
    {
        foreach (var (i, include) in body.Given("include").Items())
        {
            if (include.ValueKind != JsonValueKind.String || !Includes.Contains(include.GetString(), StringComparer.Ordinal))
            {
                return Denied.Value(include.ToString(), $"include[{i}]", Includes);
            }
        }

        if (body.Member("prompt_cache_key") is { } key && (key.ValueKind != JsonValueKind.String || key.GetString()!.Length == 0))
        {
            return Denied.Error("Invalid 'prompt_cache_key': empty string. Expected a string with minimum length 1, but got an empty string instead.", "empty_string", "prompt_cache_key");
        }

        if (body.Given("reasoning") is { ValueKind: JsonValueKind.Object } reasoning)
        {
            var levels = CodexModels.EffortsOf(body.Text("model")!)!;
            if (reasoning.Given("effort") is { } effort && !levels.Contains(effort.ToString(), StringComparer.Ordinal))
            {
                return Denied.Error($"Unsupported value: '{effort}' is not supported with the '{body.Text("model")}' model. Supported values are: {string.Join(", ", levels.Select(l => $"'{l}'"))}.", "unsupported_value", "reasoning.effort");
            }

            if (reasoning.Given("summary") is { } summary && summary.ToString() is not ("auto" or "concise" or "detailed" or "none"))
            {
                return Denied.Value(summary.ToString(), "reasoning.summary", ["concise", "detailed", "auto"]);
            }

            return Denied.Extras(reasoning, "reasoning", ["effort", "summary", "generate_summary", "context", "mode"]);
        }

        return body.Given("text") is { ValueKind: JsonValueKind.Object } text ? Denied.Extras(text, "text", ["format", "verbosity"]) : null;
    }
}
