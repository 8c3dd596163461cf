using System.Text.Json;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>Reads from a request body of any dialect, on a DOM, what no translation may lose.</summary>
internal static class GoldenWords
{
    /// <summary>What the user and the user's tools said.</summary>
    public static IEnumerable<string> Said(JsonElement body)
    {
        var turns = body.TryGetProperty("messages", out var messages) ? messages : body.GetProperty("input");
        return turns.EnumerateArray().SelectMany(turn =>
            turn.TryGetProperty("output", out var output) ? Texts(output)
            : Text(turn, "role") is "user" or "tool" ? Texts(turn.GetProperty("content"))
            : []);
    }

    /// <summary>The names of the functions and free-text tools, wherever they are declared, without those of one provider alone.</summary>
    public static IReadOnlyList<string> Tools(JsonElement body)
    {
        var names = new List<string>();
        Declared(body, names);
        if (body.TryGetProperty("input", out var input))
        {
            foreach (var item in input.EnumerateArray().Where(i => Text(i, "type") == "additional_tools"))
            {
                Declared(item, names);
            }
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }

    private static void Declared(JsonElement holder, List<string> names, string prefix = "")
    {
        if (!holder.TryGetProperty("tools", out var tools))
        {
            return;
        }

        foreach (var tool in tools.EnumerateArray())
        {
            var named = tool.TryGetProperty("function", out var function) ? function : tool;
            if (Text(named, "name") is not { } name || Text(tool, "type")?.StartsWith("web_search", StringComparison.Ordinal) == true)
            {
                continue;
            }

            if (Text(tool, "type") == "namespace")
            {
                Declared(tool, names, name + "__");
            }
            else
            {
                names.Add(prefix + name);
            }
        }
    }

    private static IEnumerable<string> Texts(JsonElement content) =>
        content.ValueKind == JsonValueKind.String ? [content.GetString()!]
        : content.EnumerateArray().SelectMany(part => part.TryGetProperty("content", out var inner) ? Texts(inner) : Text(part, "text") is { } text ? [text] : []);

    private static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
