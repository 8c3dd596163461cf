using System.Text;
using System.Text.Json;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>Reads from a valid Responses request what the answer depends on.</summary>
internal static class ResponsesPrompt
{
    public static Prompt Read(JsonElement body, int length)
    {
        string? first = null;
        var last = string.Empty;
        var results = new List<string>();
        var tools = new List<DeclaredTool>();
        var thoughts = 0;
        foreach (var (_, item) in body.Member("input").Items())
        {
            switch (item.Text("type"))
            {
                case "additional_tools":
                    AddAll(tools, item.Member("tools"), null);
                    break;
                case "reasoning" when item.Text("encrypted_content") is not null:
                    thoughts++;
                    break;
                case "message" when item.Text("role") == "user" && TextOf(item.Member("content")) is var text && !Prompt.IsReminder(text):
                    last = text;
                    first ??= last;
                    results.Clear();
                    break;
                case "function_call_output" or "custom_tool_call_output":
                    results.Add(TextOf(item.Member("output")));
                    break;
                case "message" when item.Text("role") == "assistant":
                case "function_call" or "custom_tool_call":
                    results.Clear();
                    break;
            }
        }

        AddAll(tools, body.Given("tools"), null);
        return new Prompt(last, results, $"{body.Text("instructions")}\n{first}", tools, body.Text("model")!, length)
        {
            Format = body.Given("text")?.Given("format")?.Member("schema"),
            Thoughts = thoughts,
        };
    }

    private static void AddAll(List<DeclaredTool> tools, JsonElement? declared, string? ns)
    {
        foreach (var (_, tool) in declared.Items())
        {
            Add(tools, tool, ns);
        }
    }

    private static void Add(List<DeclaredTool> tools, JsonElement tool, string? ns)
    {
        switch (tool.Text("type"))
        {
            case "function":
                tools.Add(new DeclaredTool(tool.Text("name")!, tool.Given("parameters"), false, ns));
                break;
            case "custom":
                tools.Add(new DeclaredTool(tool.Text("name")!, null, true, ns));
                break;
            case "namespace":
                AddAll(tools, tool.Member("tools"), tool.Text("name"));
                break;
        }
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
