using System.Text.Json;
using System.Text.RegularExpressions;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>Declared tools and the choice among them (spec/wire-protocols.md 3.1, spec/protocols.md 1.6, 1.9).</summary>
internal static partial class ToolRules
{
    public const int MaxNameBytes = 64;

    private static readonly string[] Types =
        ["function", "custom", "namespace", "web_search", "web_search_2025_08_26", "file_search", "code_interpreter", "image_generation", "mcp", "local_shell", "shell", "apply_patch", "tool_search", "computer"];

    private static readonly HashSet<string> FunctionMembers = new(StringComparer.Ordinal)
    {
        "type", "name", "description", "parameters", "strict", "defer_loading", "output_schema", "allowed_callers",
    };

    public static Refusal? Check(JsonElement body)
    {
        if (body.Given("tools") is { ValueKind: not JsonValueKind.Array })
        {
            return Denied.Error("Invalid type for 'tools': expected an array of objects.", "invalid_type", "tools");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        if (Declared(body.Given("tools"), "tools", names) is { } problem)
        {
            return problem;
        }

        // the newest clients declare all of theirs in an item (spec/clients.md 5)
        foreach (var (i, item) in body.Member("input").Items())
        {
            if (item.ValueKind == JsonValueKind.Object && item.Text("type") == "additional_tools" && Declared(item.Member("tools"), $"input[{i}].tools", names) is { } inner)
            {
                return inner;
            }
        }

        if (names.Count == 0 && body.Given("parallel_tool_calls") is not null)
        {
            return Denied.Error("'parallel_tool_calls' is only allowed when 'tools' are specified.", null, "parallel_tool_calls");
        }

        return Choice(body, names);
    }

    private static Refusal? Declared(JsonElement? tools, string path, HashSet<string> names)
    {
        foreach (var (i, tool) in tools.Items())
        {
            if (Tool(tool, $"{path}[{i}]") is { } problem)
            {
                return problem;
            }

            names.Add(tool.Text("name") ?? tool.Text("type")!);
        }

        return null;
    }

    public static Refusal? Name(string name, string path)
    {
        var length = System.Text.Encoding.UTF8.GetByteCount(name);
        return length == 0 ? Denied.Error($"Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead.", "empty_string", path)
            : length > MaxNameBytes ? Denied.TooLong(path, MaxNameBytes, length)
            : ToolName().IsMatch(name) ? null
            : Denied.Error($"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "invalid_value", path);
    }

    private static Refusal? Tool(JsonElement tool, string path)
    {
        var type = tool.Text("type");
        if (type is null)
        {
            return Denied.Missing($"{path}.type");
        }

        if (!Types.Contains(type, StringComparer.Ordinal))
        {
            return type.StartsWith("web_search_preview", StringComparison.Ordinal)
                ? Denied.Detail($"Unsupported tool type: {type}")
                : Denied.Value(type, $"{path}.type", Types);
        }

        if (type is not ("function" or "custom" or "namespace"))
        {
            return null;
        }

        if (tool.Text("name") is not { } name)
        {
            return Denied.Missing($"{path}.name");
        }

        if (Name(name, $"{path}.name") is { } problem)
        {
            return problem;
        }

        switch (type)
        {
            case "function":
                return Denied.Extras(tool, path, FunctionMembers) ?? Schema(tool.Given("parameters"), name, path);
            case "namespace":
                foreach (var (i, nested) in tool.Member("tools").Items())
                {
                    if (Tool(nested, $"{path}.tools[{i}]") is { } inner)
                    {
                        return inner;
                    }
                }

                return null;
            default:
                return Denied.Extras(tool, path, ["type", "name", "description", "format", "defer_loading", "allowed_callers"]);
        }
    }

    private static Refusal? Schema(JsonElement? parameters, string name, string path)
    {
        if (parameters is not { } schema)
        {
            return null;
        }

        var problem = schema.ValueKind != JsonValueKind.Object || schema.Text("type") != "object"
            ? $"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.Text("type") ?? "None"}\"'."
            : schema.Member("oneOf") is not null || schema.Member("anyOf") is not null || schema.Member("allOf") is not null
                ? "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
                : !schema.Member("properties").Is(JsonValueKind.Object) ? "In context=(), object schema missing properties." : null;
        return problem is null ? null : Denied.Error($"Invalid schema for function '{name}': {problem}", "invalid_function_parameters", $"{path}.parameters");
    }

    private static Refusal? Choice(JsonElement body, HashSet<string> names)
    {
        if (body.Given("tool_choice") is not { } choice)
        {
            return null;
        }

        if (choice.ValueKind == JsonValueKind.String)
        {
            return choice.GetString() is "none" or "auto" or "required" ? null : Denied.Value(choice.GetString()!, "tool_choice", ["none", "auto", "required"]);
        }

        return choice.Text("type") switch
        {
            "function" or "custom" when choice.Text("name") is null => Denied.Missing("tool_choice.name"),
            "function" or "custom" when !names.Contains(choice.Text("name")!) => Denied.Error($"Tool choice '{choice.Text("name")}' not found in 'tools' parameter.", null, "tool_choice"),
            null => Denied.Missing("tool_choice.type"),
            _ => null,
        };
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex ToolName();
}
