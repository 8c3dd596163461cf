using System.Text;
using System.Text.Json;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.Compatible;

/// <summary>Reads from a valid Chat request what the answer depends on.</summary>
internal static class ChatPrompt
{
    public static Prompt Read(JsonElement body, int length)
    {
        string? first = null;
        var last = string.Empty;
        var system = string.Empty;
        var results = new List<string>();
        var thoughts = 0;
        foreach (var (_, message) in body.Member("messages").Items())
        {
            var text = TextOf(message.Given("content"));
            switch (message.Text("role"))
            {
                case "user" when !Prompt.IsReminder(text):
                    last = text;
                    first ??= last;
                    results.Clear();
                    break;
                case "tool":
                    results.Add(text);
                    break;
                case "assistant":
                    thoughts += message.Text("reasoning_content") is null ? 0 : 1;
                    results.Clear();
                    break;
                case not "user":
                    system += text;
                    break;
            }
        }

        var tools = body.Given("tools").Items().Select(t => t.Value.Text("type") == "custom"
            ? new DeclaredTool(t.Value.Member("custom")!.Value.Text("name")!, null, IsCustom: true)
            : new DeclaredTool(t.Value.Member("function")!.Value.Text("name")!, t.Value.Member("function")!.Value.Given("parameters")));
        return new Prompt(last, results, $"{system}\n{first}", [.. tools], body.Text("model")!, length)
        {
            Format = body.Given("response_format")?.Given("json_schema")?.Member("schema"),
            Thoughts = thoughts,
        };
    }

    private static string TextOf(JsonElement? content)
    {
        if (content is { ValueKind: JsonValueKind.String } whole)
        {
            return whole.GetString()!;
        }

        var text = new StringBuilder();
        foreach (var (_, part) in content.Items())
        {
            if (part.Text("text") is { } piece)
            {
                text.Append(text.Length > 0 ? "\n" : "").Append(piece);
            }
        }

        return text.ToString();
    }
}
