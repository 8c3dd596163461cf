using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Compatible;

/// <summary>Messages of a Chat request: roles, parts, calls and their answers.</summary>
internal static class ChatMessageRules
{
    private static readonly string[] Roles = ["system", "assistant", "user", "function", "tool", "developer"];

    public static Refusal? Check(JsonElement body)
    {
        if (body.Member("messages") is not { ValueKind: JsonValueKind.Array } messages)
        {
            return ChatRules.Error("Missing required parameter: 'messages'.", "missing_required_parameter", "messages");
        }

        if (messages.GetArrayLength() == 0)
        {
            return ChatRules.Error("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "empty_array", "messages");
        }

        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, message) in ((JsonElement?)messages).Items())
        {
            var path = $"messages[{i}]";
            var role = message.Text("role");
            if (role is null || !Roles.Contains(role, StringComparer.Ordinal))
            {
                return role is null ? ChatRules.Error($"Missing required parameter: '{path}.role'.", "missing_required_parameter", $"{path}.role") : ChatRules.Value(role, $"{path}.role", Roles);
            }

            if (role == "tool")
            {
                if (message.Text("tool_call_id") is not { } id)
                {
                    return ChatRules.Error($"Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.", null, $"{path}.tool_call_id");
                }

                if (!open.Remove(id))
                {
                    return ChatRules.Error("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", null, $"{path}.role");
                }
            }
            else if (open.Count > 0)
            {
                return Unanswered(open);
            }

            if ((Content(message, role, path) ?? Calls(message, role, path, open)) is { } problem)
            {
                return problem;
            }
        }

        return open.Count > 0 ? Unanswered(open) : null;
    }

    private static Refusal Unanswered(HashSet<string> open) =>
        ChatRules.Error($"An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {string.Join(", ", open)}", null, "messages");

    private static Refusal? Content(JsonElement message, string role, string path)
    {
        var content = message.Given("content");
        if (content is null)
        {
            return role == "assistant" && (message.Given("tool_calls") is not null || message.Given("function_call") is not null || message.Given("refusal") is not null)
                ? null
                : ChatRules.Error($"Invalid value for 'content': expected a string, got null.", null, $"{path}.content");
        }

        if (content is not { ValueKind: JsonValueKind.String or JsonValueKind.Array })
        {
            return ChatRules.Error($"Invalid type for '{path}.content': expected one of a string or array of objects.", "invalid_type", $"{path}.content");
        }

        if (content.Is(JsonValueKind.Array) && content.Value.GetArrayLength() == 0)
        {
            return ChatRules.Error($"Invalid '{path}.content': empty array. Expected an array with minimum length 1, but got an empty array instead.", "empty_array", $"{path}.content");
        }

        string[] allowed = role switch
        {
            "user" => ["text", "image_url", "input_audio", "file"],
            "assistant" => ["text", "refusal"],
            _ => ["text"],
        };
        foreach (var (p, part) in content.Items())
        {
            var type = part.Text("type") ?? string.Empty;
            if (!allowed.Contains(type, StringComparer.Ordinal))
            {
                return ChatRules.Value(type, $"{path}.content[{p}].type", allowed);
            }

            var isRight = type switch
            {
                "text" => part.Text("text") is not null,
                "image_url" => part.Member("image_url")?.Text("url") is { Length: > 0 },
                _ => true,
            };
            if (!isRight)
            {
                return ChatRules.Error($"Missing required parameter: '{path}.content[{p}].{type}'.", "missing_required_parameter", $"{path}.content[{p}].{type}");
            }
        }

        return null;
    }

    private static Refusal? Calls(JsonElement message, string role, string path, HashSet<string> open)
    {
        if (message.Given("tool_calls") is not { } calls)
        {
            return null;
        }

        if (role != "assistant")
        {
            return ChatRules.Error($"Unknown parameter: '{path}.tool_calls'.", "unknown_parameter", $"{path}.tool_calls");
        }

        if (calls.ValueKind != JsonValueKind.Array || calls.GetArrayLength() == 0)
        {
            return ChatRules.Error($"Invalid '{path}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.", "empty_array", $"{path}.tool_calls");
        }

        foreach (var (c, call) in ((JsonElement?)calls).Items())
        {
            var at = $"{path}.tool_calls[{c}]";
            if (call.Text("id") is not { Length: > 0 } id)
            {
                return ChatRules.Error($"Missing required parameter: '{at}.id'.", "missing_required_parameter", $"{at}.id");
            }

            var (inner, input) = call.Text("type") switch
            {
                "function" => (call.Member("function"), "arguments"),
                "custom" => (call.Member("custom"), "input"),
                _ => (null, string.Empty),
            };
            if (inner is not { } body)
            {
                return ChatRules.Error($"Missing required parameter: '{at}.type'.", "missing_required_parameter", $"{at}.type");
            }

            if (ChatRules.Name(body.Text("name"), $"{at}.function.name") is { } problem)
            {
                return problem;
            }

            if (body.Text(input) is null)
            {
                return ChatRules.Error($"Missing required parameter: '{at}.function.{input}'.", "missing_required_parameter", $"{at}.function.{input}");
            }

            open.Add(id);
        }

        return null;
    }
}
