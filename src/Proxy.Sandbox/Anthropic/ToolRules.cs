using System.Text.Json;
using System.Text.RegularExpressions;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>What declared tools and the choice among them must look like (spec/wire-protocols.md 1.2).</summary>
internal static partial class ToolRules
{
    private static readonly HashSet<string> CustomMembers = new(StringComparer.Ordinal)
    {
        "name", "description", "input_schema", "type", "cache_control", "strict", "defer_loading", "eager_input_streaming", "input_examples", "allowed_callers",
    };

    private static readonly string[] ServerPrefixes =
        ["web_search_", "web_fetch_", "code_execution_", "bash_", "text_editor_", "computer_", "memory_", "tool_search_tool_", "mcp_toolset", "browser_"];

    public static Refusal? Check(JsonElement body)
    {
        if (body.Member("tools") is { ValueKind: not JsonValueKind.Array })
        {
            return Bad.Request("tools: Input should be a valid list");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, tool) in body.Member("tools").Items())
        {
            var problem = tool.Given("type") is null || tool.Text("type") == "custom"
                ? Custom(tool, i)
                : Server(tool, i);
            if (problem is not null)
            {
                return problem;
            }

            if (tool.Text("name") is { } name && !names.Add(name))
            {
                return Bad.Request("tools: Tool names must be unique.");
            }
        }

        return Choice(body, names);
    }

    private static Refusal? Custom(JsonElement tool, int i)
    {
        if (tool.Text("name") is not { } name)
        {
            return Bad.Missing($"tools.{i}.custom.name");
        }

        if (!ToolName().IsMatch(name))
        {
            return Bad.Request($"tools.{i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'");
        }

        if (tool.Member("input_schema") is not { ValueKind: JsonValueKind.Object } schema)
        {
            return Bad.Missing($"tools.{i}.custom.input_schema");
        }

        if (schema.Text("type") != "object")
        {
            return schema.Member("type") is null
                ? Bad.Missing($"tools.{i}.custom.input_schema.type")
                : Bad.Request($"tools.{i}.custom.input_schema.type: Input should be 'object'");
        }

        if (schema.Member("anyOf") is not null || schema.Member("oneOf") is not null || schema.Member("allOf") is not null)
        {
            return Bad.Request($"tools.{i}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level");
        }

        if (tool.Member("description") is { ValueKind: not JsonValueKind.String })
        {
            return Bad.Request($"tools.{i}.custom.description: Input should be a valid string");
        }

        return Bad.Extras(tool, $"tools.{i}.custom", CustomMembers);
    }

    private static Refusal? Server(JsonElement tool, int i)
    {
        var type = tool.Text("type") ?? string.Empty;
        if (!ServerPrefixes.Any(p => type.StartsWith(p, StringComparison.Ordinal)))
        {
            return Bad.Request($"tools.{i}: Input tag '{type}' found using 'type' does not match any of the expected tags");
        }

        foreach (var list in (string[])["allowed_domains", "blocked_domains"])
        {
            if (tool.Member(list) is { ValueKind: JsonValueKind.Array } domains && domains.GetArrayLength() == 0)
            {
                return Bad.Request($"tools.{i}.{type}.{list}: List should have at least 1 item after validation, not 0");
            }
        }

        return null;
    }

    private static Refusal? Choice(JsonElement body, HashSet<string> names)
    {
        if (body.Given("tool_choice") is not { } choice)
        {
            return null;
        }

        if (choice.Text("type") is not ("auto" or "any" or "tool" or "none"))
        {
            return Bad.Request($"tool_choice: Input tag '{choice.Text("type")}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'");
        }

        if (names.Count == 0 && choice.Text("type") != "none" && body.Member("mcp_servers") is null)
        {
            return Bad.Request("tool_choice may only be specified while providing tools.");
        }

        if (choice.Text("type") == "tool" && !names.Contains(choice.Text("name") ?? string.Empty))
        {
            return Bad.Request($"Tool '{choice.Text("name")}' not found in provided tools");
        }

        return Bad.Extras(choice, "tool_choice", ["type", "name", "disable_parallel_tool_use"]);
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,128}$", RegexOptions.NonBacktracking)]
    private static partial Regex ToolName();
}
