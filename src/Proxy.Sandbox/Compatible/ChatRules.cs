using System.Text.Json;
using System.Text.RegularExpressions;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Compatible;

/// <summary>What a Chat Completions request must look like (spec/wire-protocols.md 2.1).</summary>
internal static partial class ChatRules
{
    public const int MaxTools = 128;

    private static readonly HashSet<string> Allowed = new(StringComparer.Ordinal)
    {
        "messages", "model", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens",
        "metadata", "modalities", "moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream",
        "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
    };

    public static Refusal? Check(JsonElement body)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (!Allowed.Contains(member.Name))
            {
                return Error($"Unrecognized request argument supplied: {member.Name}", "unknown_parameter", member.Name);
            }
        }

        if (body.Text("model") is not { Length: > 0 })
        {
            return Error("you must provide a model parameter", "missing_required_parameter", "model");
        }

        if (body.Member("stream_options") is { ValueKind: JsonValueKind.Object } && !body.True("stream"))
        {
            return Error("The 'stream_options' parameter is only allowed when 'stream' is enabled.", null, "stream_options");
        }

        if (body.Given("max_tokens") is not null && body.Given("max_completion_tokens") is not null)
        {
            return Error("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "invalid_parameter_combination", "max_tokens");
        }

        if (body.Given("reasoning_effort") is { } effort && effort.ToString() is not ("none" or "minimal" or "low" or "medium" or "high" or "xhigh" or "max"))
        {
            return Value(effort.ToString(), "reasoning_effort", ["none", "minimal", "low", "medium", "high", "xhigh"]);
        }

        return Tools(body) ?? ChatMessageRules.Check(body);
    }

    public static Refusal Error(string message, string? code = null, string? param = null) => new(400, "invalid_request_error", message, code, param);

    public static Refusal Value(string value, string path, string[] supported) =>
        Error($"Invalid value: '{value}'. Supported values are: {string.Join(", ", supported.Select(s => $"'{s}'"))}.", "invalid_value", path);

    public static Refusal? Name(string? name, string path) =>
        name is null ? Error($"Missing required parameter: '{path}'.", "missing_required_parameter", path)
        : name.Length > 64 ? Error($"Invalid '{path}': string too long. Expected a string with maximum length 64, but got a string with length {name.Length} instead.", "string_above_max_length", path)
        : ToolName().IsMatch(name) ? null
        : Error($"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "invalid_value", path);

    private static Refusal? Tools(JsonElement body)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var tools = body.Given("tools");
        if (tools is { ValueKind: not JsonValueKind.Array })
        {
            return Error("Invalid type for 'tools': expected an array of objects.", "invalid_type", "tools");
        }

        if (tools is { } list && list.GetArrayLength() is 0 or > MaxTools)
        {
            return list.GetArrayLength() == 0
                ? Error("Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.", "empty_array", "tools")
                : Error($"Invalid 'tools': array too long. Expected an array with maximum length {MaxTools}, but got an array with length {list.GetArrayLength()} instead.", "array_above_max_length", "tools");
        }

        foreach (var (i, tool) in tools.Items())
        {
            var type = tool.Text("type");
            if (type is not ("function" or "custom"))
            {
                return type is null ? Error($"Missing required parameter: 'tools[{i}].type'.", "missing_required_parameter", $"tools[{i}].type") : Value(type, $"tools[{i}].type", ["function", "custom"]);
            }

            if (tool.Member(type) is not { ValueKind: JsonValueKind.Object } inner)
            {
                return Error($"Missing required parameter: 'tools[{i}].{type}'.", "missing_required_parameter", $"tools[{i}].{type}");
            }

            if (Name(inner.Text("name"), $"tools[{i}].{type}.name") is { } problem)
            {
                return problem;
            }

            if (inner.Given("parameters") is { } schema && schema.Text("type") != "object")
            {
                return Error($"Invalid schema for function '{inner.Text("name")}': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.Text("type") ?? "None"}\"'.", "invalid_function_parameters", $"tools[{i}].function.parameters");
            }

            names.Add(inner.Text("name")!);
        }

        if (names.Count == 0)
        {
            return body.Given("tool_choice") is { } orphan && orphan.ToString() != "none" ? Error("'tool_choice' is only allowed when 'tools' are specified.", null, "tool_choice")
                : body.Given("parallel_tool_calls") is not null ? Error("'parallel_tool_calls' is only allowed when 'tools' are specified.", null, "parallel_tool_calls")
                : null;
        }

        return body.Given("tool_choice") switch
        {
            { ValueKind: JsonValueKind.String } word when word.GetString() is not ("none" or "auto" or "required") => Value(word.GetString()!, "tool_choice", ["none", "auto", "required"]),
            { ValueKind: JsonValueKind.Object } named when named.Text("type") == "function" && !names.Contains(named.Member("function")?.Text("name") ?? "") => Error("Tool choice not found in 'tools' parameter.", null, "tool_choice"),
            _ => null,
        };
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex ToolName();
}
