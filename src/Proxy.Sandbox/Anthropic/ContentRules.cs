using System.Buffers.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>What one content block must look like (spec/wire-protocols.md 1.2).</summary>
internal static partial class ContentRules
{
    private static readonly HashSet<string> UserBlocks = new(StringComparer.Ordinal)
    {
        "text", "image", "document", "search_result", "tool_result", "container_upload", "tool_reference",
    };

    private static readonly HashSet<string> AssistantBlocks = new(StringComparer.Ordinal)
    {
        "text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result",
        "bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result", "mcp_tool_use", "mcp_tool_result", "compaction", "fallback",
    };

    private static readonly HashSet<string> ResultBlocks = new(StringComparer.Ordinal) { "text", "image", "search_result", "document", "tool_reference" };

    public static Refusal? Check(JsonElement block, string role, string path)
    {
        if (block.ValueKind != JsonValueKind.Object || block.Text("type") is not { } type)
        {
            return Bad.Missing($"{path}.type");
        }

        if (type == "tool_use" && role != "assistant")
        {
            return Bad.Request($"{path}: `tool_use` blocks can only be in `assistant` messages");
        }

        if (type == "tool_result" && role != "user")
        {
            return Bad.Request($"{path}: `tool_result` blocks can only be in `user` messages");
        }

        var allowed = role == "assistant" ? AssistantBlocks : UserBlocks;
        if (!allowed.Contains(type))
        {
            return Bad.Request($"{path}: Input tag '{type}' found using 'type' does not match any of the expected tags: '{string.Join("', '", allowed)}'");
        }

        return type switch
        {
            "text" => CheckText(block, path, "messages: text content blocks must be non-empty"),
            "image" => Image(block, path),
            "document" => Document(block, path),
            "tool_use" => ToolUse(block, path),
            "tool_result" => ToolResult(block, path),
            "thinking" => Thinking(block, path),
            "redacted_thinking" => Redacted(block, path),
            _ => null,
        };
    }

    public static Refusal? CheckText(JsonElement block, string path, string emptyMessage)
    {
        if (!block.Member("text").Is(JsonValueKind.String))
        {
            return Bad.Missing($"{path}.text.text");
        }

        return block.Text("text")!.Length == 0 ? Bad.Request(emptyMessage) : Bad.Extras(block, $"{path}.text", ["type", "text", "citations", "cache_control"]);
    }

    private static Refusal? Image(JsonElement block, string path)
    {
        if (block.Member("source") is not { ValueKind: JsonValueKind.Object } source)
        {
            return Bad.Missing($"{path}.image.source");
        }

        switch (source.Text("type"))
        {
            case "base64":
                if (source.Text("media_type") is not ("image/jpeg" or "image/png" or "image/gif" or "image/webp"))
                {
                    return Bad.Request($"{path}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'");
                }

                return source.Text("data") is { Length: > 0 } data && Base64.IsValid(data)
                    ? Bad.Extras(source, $"{path}.image.source.base64", ["type", "media_type", "data"])
                    : Bad.Request($"{path}.image.source.base64.data: invalid base64 data");
            case "url":
                return source.Text("url") is { } url && (url.StartsWith("https://", StringComparison.Ordinal) || url.StartsWith("http://", StringComparison.Ordinal))
                    ? null
                    : Bad.Request($"{path}.image.source.url.url: Only HTTPS URLs are supported.");
            case "file":
                return source.Text("file_id") is null ? Bad.Missing($"{path}.image.source.file.file_id") : null;
            default:
                return Bad.Request($"{path}.image.source: Input tag '{source.Text("type")}' found using 'type' does not match any of the expected tags: 'base64', 'file', 'url'");
        }
    }

    private static Refusal? Document(JsonElement block, string path)
    {
        if (block.Member("source") is not { ValueKind: JsonValueKind.Object } source)
        {
            return Bad.Missing($"{path}.document.source");
        }

        return (source.Text("type"), source.Text("media_type")) switch
        {
            ("base64", not "application/pdf") => Bad.Request($"{path}.document.source.base64.media_type: Input should be 'application/pdf'"),
            ("text", not "text/plain") => Bad.Request($"{path}.document.source.text.media_type: Input should be 'text/plain'"),
            ("base64" or "text" or "content" or "url" or "file", _) => Bad.Extras(block, $"{path}.document", ["type", "source", "title", "context", "citations", "cache_control"]),
            var (type, _) => Bad.Request($"{path}.document.source: Input tag '{type}' found using 'type' does not match any of the expected tags: 'base64', 'content', 'file', 'text', 'url'"),
        };
    }

    private static Refusal? ToolUse(JsonElement block, string path)
    {
        if (block.Text("id") is not { } id || !ToolId().IsMatch(id))
        {
            return Bad.Request($"{path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
        }

        if (block.Text("name") is not { } name || !ToolName().IsMatch(name))
        {
            return Bad.Request($"{path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,200}}$'");
        }

        return block.Member("input").Is(JsonValueKind.Object)
            ? Bad.Extras(block, $"{path}.tool_use", ["type", "id", "name", "input", "cache_control", "caller"])
            : Bad.Request($"{path}.tool_use.input: Input should be a valid dictionary");
    }

    private static Refusal? ToolResult(JsonElement block, string path)
    {
        if (block.Text("tool_use_id") is not { } id || !ToolId().IsMatch(id))
        {
            return Bad.Request($"{path}.tool_result.tool_use_id: String should match pattern '^[a-zA-Z0-9_-]+$'");
        }

        var content = block.Given("content");
        if (content is { ValueKind: not (JsonValueKind.String or JsonValueKind.Array) })
        {
            return Bad.Request($"{path}.tool_result.content: Input should be a valid list");
        }

        foreach (var (i, part) in content.Items())
        {
            if (part.Text("type") is not { } type || !ResultBlocks.Contains(type))
            {
                return Bad.Request($"{path}.tool_result.content.{i}: Input tag '{part.Text("type")}' found using 'type' does not match any of the expected tags: 'document', 'image', 'search_result', 'text', 'tool_reference'");
            }

            if (Check(part, "user", $"{path}.tool_result.content.{i}") is { } problem)
            {
                return problem;
            }
        }

        return block.Given("is_error") is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) }
            ? Bad.Request($"{path}.tool_result.is_error: Input should be a valid boolean")
            : Bad.Extras(block, $"{path}.tool_result", ["type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"]);
    }

    private static Refusal? Thinking(JsonElement block, string path)
    {
        if (block.Text("thinking") is not { } thinking)
        {
            return Bad.Missing($"{path}.thinking.thinking");
        }

        if (block.Text("signature") is not { } signature)
        {
            return Bad.Missing($"{path}.thinking.signature");
        }

        return ThinkingSignature.IsGood(signature, thinking)
            ? Bad.Extras(block, $"{path}.thinking", ["type", "thinking", "signature"])
            : Bad.Request($"{path}: Invalid `signature` in `thinking` block");
    }

    private static Refusal? Redacted(JsonElement block, string path) =>
        block.Text("data") is { } data && ThinkingSignature.IsGood(data, string.Empty)
            ? Bad.Extras(block, $"{path}.redacted_thinking", ["type", "data"])
            : Bad.Request($"{path}: Invalid `data` in `redacted_thinking` block");

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex ToolId();

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,200}$", RegexOptions.NonBacktracking)]
    private static partial Regex ToolName();
}
