using System.Text;
using System.Text.Json;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.Anthropic;

/// <summary>Reads from a valid Messages request what the answer depends on.</summary>
internal static class MessagePrompt
{
    public static Prompt Read(JsonElement body, int length)
    {
        JsonElement? first = null;
        JsonElement? last = null;
        foreach (var (_, message) in body.Member("messages").Items())
        {
            if (message.Text("role") == "user")
            {
                first ??= message;
                last = message;
            }
        }

        var results = new List<string>();
        foreach (var (_, block) in last?.Member("content").Items() ?? [])
        {
            if (block.Text("type") == "tool_result")
            {
                results.Add(TextOf(block.Member("content")));
            }
        }

        var text = TextOf(last?.Member("content"));
        if (text.Contains("[[", StringComparison.Ordinal))
        {
            results.Clear();
        }

        var tools = body.Member("tools").Items()
            .Where(t => t.Value.Member("input_schema") is not null)
            .Select(t => new DeclaredTool(t.Value.Text("name")!, t.Value.Member("input_schema")));
        return new Prompt(text, results, $"{TextOf(body.Member("system"))}\n{TextOf(first?.Member("content"))}", [.. tools], body.Text("model")!, length)
        {
            Format = (body.Given("output_config")?.Given("format") ?? body.Given("output_format"))?.Member("schema"),
            Thoughts = body.Member("messages").Items().Sum(m => m.Value.Member("content").Items().Count(b => b.Value.Text("type") is "thinking" or "redacted_thinking")),
        };
    }

    private static string TextOf(JsonElement? content)
    {
        if (content is { ValueKind: JsonValueKind.String } whole)
        {
            return whole.GetString()!;
        }

        var text = new StringBuilder();
        foreach (var (_, block) in content.Items())
        {
            if (block.Text("type") == "text")
            {
                text.Append(text.Length > 0 ? "\n" : "").Append(block.Text("text"));
            }
        }

        return text.ToString();
    }
}
