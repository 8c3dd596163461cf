using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>What one input item must look like (spec/wire-protocols.md 3.1, spec/protocols.md 2.3).</summary>
internal static class ItemRules
{
    private const int MaxId = 64;

    private static readonly string[] Types =
    [
        "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "reasoning", "web_search_call", "file_search_call",
        "computer_call", "computer_call_output", "code_interpreter_call", "image_generation_call", "local_shell_call", "local_shell_call_output", "shell_call",
        "shell_call_output", "apply_patch_call", "apply_patch_call_output", "mcp_list_tools", "mcp_call", "mcp_approval_request", "mcp_approval_response",
        "tool_search_call", "tool_search_output", "tool_search_call_output", "additional_tools", "compaction", "compaction_trigger", "item_reference", "program", "program_output",
    ];

    // what the newest client writes into its own items; the backend takes it from any sender
    private const string ClientMetadata = "internal_chat_message_metadata_passthrough";

    private static readonly Dictionary<string, (string Prefix, HashSet<string> Members)> Shapes = new(StringComparer.Ordinal)
    {
        ["message"] = ("msg", ["type", "role", "content", "id", "status", "phase", ClientMetadata]),
        ["function_call"] = ("fc", ["type", "call_id", "name", "arguments", "id", "namespace", "status", ClientMetadata]),
        ["function_call_output"] = ("fc", ["type", "call_id", "output", "id", "status", ClientMetadata]),
        ["custom_tool_call"] = ("ctc", ["type", "call_id", "name", "input", "id", "namespace", "status", ClientMetadata]),
        ["custom_tool_call_output"] = ("ctc", ["type", "call_id", "output", "id", "status", ClientMetadata]),
        ["reasoning"] = ("rs", ["type", "id", "summary", "content", "encrypted_content", "status", ClientMetadata]),
    };

    public static Refusal? Check(JsonElement item, string path, string account)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            return Denied.Error($"Invalid type for '{path}': expected an object.", "invalid_type", path);
        }

        if (item.Text("type") is not { } type)
        {
            return Denied.Unknown($"{path}.content");
        }

        if (!Types.Contains(type, StringComparer.Ordinal))
        {
            return Denied.Value(type, $"{path}.type", Types);
        }

        if (type == "item_reference")
        {
            return NotFound(item.Text("id") ?? string.Empty);
        }

        return (Shapes.TryGetValue(type, out var shape) ? Denied.Extras(item, path, shape.Members) ?? Id(item, path, shape.Prefix) : null)
            ?? Members(item, type, path, account);
    }

    private static Refusal? Id(JsonElement item, string path, string prefix)
    {
        if (item.Given("id") is not { } id)
        {
            return null;
        }

        var text = id.ToString();
        return text.Length > MaxId ? Denied.TooLong($"{path}.id", MaxId, text.Length)
            : !text.StartsWith(prefix, StringComparison.Ordinal) ? Denied.Error($"Invalid '{path}.id': '{text}'. Expected an ID that begins with '{prefix}'.", "invalid_value", $"{path}.id")
            : null;
    }

    private static Refusal? Members(JsonElement item, string type, string path, string account) => type switch
    {
        "message" => Message(item, path),
        "function_call" => Call(item, path, "arguments"),
        "custom_tool_call" => Call(item, path, "input"),
        "function_call_output" or "custom_tool_call_output" => Output(item, path),
        "reasoning" => Reasoning(item, path, account),
        "compaction" => Encrypted(item, account),
        _ => null,
    };

    private static Refusal? Message(JsonElement item, string path)
    {
        var role = item.Text("role");
        if (role == "system")
        {
            return Denied.Detail("System messages are not allowed");
        }

        if (role is not ("user" or "assistant" or "developer"))
        {
            return role is null ? Denied.Missing($"{path}.role") : Denied.Value(role, $"{path}.role", ["assistant", "system", "developer", "user"]);
        }

        var content = item.Member("content");
        if (content is not { ValueKind: JsonValueKind.String or JsonValueKind.Array })
        {
            return Denied.Missing($"{path}.content");
        }

        foreach (var (i, part) in content.Items())
        {
            if (PartRules.Check(part, role, $"{path}.content[{i}]") is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static Refusal? Call(JsonElement item, string path, string input) =>
        CallId(item, path)
        ?? (item.Text("name") is { } name ? ToolRules.Name(name, $"{path}.name") : Denied.Missing($"{path}.name"))
        ?? (item.Text(input) is null ? Denied.Missing($"{path}.{input}") : null);

    private static Refusal? Output(JsonElement item, string path)
    {
        if (CallId(item, path) is { } problem)
        {
            return problem;
        }

        var output = item.Member("output");
        if (output is not { ValueKind: JsonValueKind.String or JsonValueKind.Array })
        {
            return Denied.Missing($"{path}.output");
        }

        foreach (var (i, part) in output.Items())
        {
            if (PartRules.Check(part, "user", $"{path}.output[{i}]") is { } inner)
            {
                return inner;
            }
        }

        return null;
    }

    private static Refusal? CallId(JsonElement item, string path) =>
        item.Text("call_id") is not { Length: > 0 } id ? Denied.Missing($"{path}.call_id")
        : id.Length > MaxId ? Denied.TooLong($"{path}.call_id", MaxId, id.Length)
        : null;

    private static Refusal? Reasoning(JsonElement item, string path, string account)
    {
        if (!item.Member("summary").Is(JsonValueKind.Array))
        {
            return Denied.Missing($"{path}.summary");
        }

        foreach (var (i, part) in item.Member("summary").Items())
        {
            if (part.Text("type") != "summary_text" || part.Text("text") is null)
            {
                return Denied.Value(part.Text("type") ?? "", $"{path}.summary[{i}]", ["summary_text"]);
            }
        }

        if (item.Given("encrypted_content") is null)
        {
            // nothing is stored: an id without content can't be looked up (spec/protocols.md 2.3)
            return item.Text("id") is { } id ? NotFound(id) : null;
        }

        return Encrypted(item, account);
    }

    private static Refusal? Encrypted(JsonElement item, string account)
    {
        var content = item.Text("encrypted_content") ?? string.Empty;
        return EncryptedReasoning.IsReadable(content, account)
            ? null
            : Denied.Error($"The encrypted content {(content.Length > 12 ? content[..8] + "..." + content[^4..] : content)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.", "invalid_encrypted_content");
    }

    private static Refusal NotFound(string id) =>
        Denied.Error($"Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.", null, "input", 404);
}
