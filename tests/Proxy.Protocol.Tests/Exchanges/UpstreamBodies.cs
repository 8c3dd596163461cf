using System.Text.Json;
using System.Text.RegularExpressions;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>What upstreams demand of a request, on a DOM: spec/wire-protocols.md 1.2, 2.1, 3.1 and 5, spec/protocols.md 2.1.</summary>
internal static partial class UpstreamBodies
{
    private static readonly string[] CodexMembers =
    [
        "model", "instructions", "input", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text", "store", "stream", "include",
        "prompt_cache_key", "service_tier", "client_metadata",
    ];

    public static void CheckClaude(JsonElement body)
    {
        body.GetProperty("model").GetString().ShouldNotBeNullOrEmpty();
        body.GetProperty("max_tokens").GetInt64().ShouldBePositive();
        foreach (var tool in Items(body, "tools"))
        {
            tool.GetProperty("name").GetString()!.ShouldMatch("^[a-zA-Z0-9_-]{1,128}$");
            tool.GetProperty("input_schema").GetProperty("type").GetString().ShouldBe("object");
        }

        if (body.TryGetProperty("thinking", out var thinking) && thinking.GetProperty("type").GetString() == "enabled")
        {
            thinking.GetProperty("budget_tokens").GetInt64().ShouldBeInRange(1024, body.GetProperty("max_tokens").GetInt64() - 1);
            body.TryGetProperty("temperature", out _).ShouldBeFalse();
        }

        HashSet<string> owed = [];
        var last = "assistant";
        foreach (var message in body.GetProperty("messages").EnumerateArray())
        {
            var role = message.GetProperty("role").GetString();
            role.ShouldBe(last == "user" ? "assistant" : "user");
            last = role;
            var blocks = message.GetProperty("content").EnumerateArray().ToList();
            blocks.ShouldNotBeEmpty();
            var results = blocks.TakeWhile(block => Type(block) == "tool_result").Select(block => block.GetProperty("tool_use_id").GetString()!).ToHashSet();
            results.SetEquals(owed).ShouldBeTrue("results answer the calls of the turn before, all and only them");
            blocks.Skip(results.Count).ShouldAllBe(block => Type(block) != "tool_result");
            owed = blocks.Where(block => Type(block) == "tool_use").Select(block => block.GetProperty("id").GetString()!).ToHashSet();
            owed.ShouldAllBe(id => ToolId().IsMatch(id));
            foreach (var block in blocks)
            {
                (Type(block) != "text" || !string.IsNullOrWhiteSpace(block.GetProperty("text").GetString())).ShouldBeTrue();
                (Type(block) != "thinking" || block.GetProperty("signature").GetString() is { Length: > 0 }).ShouldBeTrue();
                (Type(block) != "tool_use" || block.GetProperty("input").ValueKind == JsonValueKind.Object).ShouldBeTrue();
            }
        }

        owed.ShouldBeEmpty();
        CacheBreakpoint().Count(body.GetRawText()).ShouldBeLessThanOrEqualTo(4);
    }

    public static void CheckChat(JsonElement body)
    {
        body.GetProperty("model").GetString().ShouldNotBeNullOrEmpty();
        foreach (var tool in Items(body, "tools"))
        {
            Type(tool).ShouldBe("function");
            tool.GetProperty("function").GetProperty("name").GetString()!.ShouldMatch("^[a-zA-Z0-9_-]{1,64}$");
            tool.GetProperty("function").GetProperty("parameters").ValueKind.ShouldBe(JsonValueKind.Object);
        }

        HashSet<string> owed = [];
        foreach (var message in body.GetProperty("messages").EnumerateArray())
        {
            switch (message.GetProperty("role").GetString())
            {
                case "tool":
                    owed.Remove(message.GetProperty("tool_call_id").GetString()!).ShouldBeTrue("a result of a call of the turn before");
                    break;
                case "assistant":
                    owed.ShouldBeEmpty();
                    foreach (var call in Items(message, "tool_calls"))
                    {
                        owed.Add(call.GetProperty("id").GetString()!).ShouldBeTrue();
                        call.GetProperty("function").GetProperty("name").GetString()!.Length.ShouldBeInRange(1, 64);
                        JsonDocument.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!).Dispose();
                    }

                    break;
                case "user" or "system" or "developer":
                    owed.ShouldBeEmpty();
                    message.GetProperty("content").ValueKind.ShouldBeOneOf(JsonValueKind.String, JsonValueKind.Array);
                    break;
                default:
                    throw new InvalidOperationException("a role that nobody knows");
            }
        }

        owed.ShouldBeEmpty();
        foreach (var name in (string[])["system", "input", "instructions", "thinking", "store", "betas"])
        {
            body.TryGetProperty(name, out _).ShouldBeFalse(name);
        }
    }

    public static void CheckCodex(JsonElement body)
    {
        body.EnumerateObject().Select(member => member.Name).Except(CodexMembers).ShouldBeEmpty();
        body.GetProperty("store").GetBoolean().ShouldBeFalse();
        body.GetProperty("stream").GetBoolean().ShouldBeTrue();
        body.GetProperty("instructions").ValueKind.ShouldBe(JsonValueKind.String);
        Items(body, "include").Select(item => item.GetString()).ShouldBe(["reasoning.encrypted_content"]);
        foreach (var tool in Items(body, "tools"))
        {
            Type(tool).ShouldBeOneOf("function", "custom");
            tool.GetProperty("name").GetString()!.ShouldMatch("^[a-zA-Z0-9_-]{1,64}$");
        }

        HashSet<string> calls = [], outputs = [];
        foreach (var item in body.GetProperty("input").EnumerateArray())
        {
            switch (Type(item))
            {
                case "message":
                    item.GetProperty("role").GetString().ShouldBeOneOf("user", "assistant", "developer");
                    break;
                case "function_call" or "custom_tool_call":
                    calls.Add(item.GetProperty("call_id").GetString()!).ShouldBeTrue();
                    break;
                case "function_call_output" or "custom_tool_call_output":
                    outputs.Add(item.GetProperty("call_id").GetString()!).ShouldBeTrue();
                    outputs.IsSubsetOf(calls).ShouldBeTrue("an output comes behind its call");
                    break;
                case "reasoning":
                    item.GetProperty("encrypted_content").GetString()!.ShouldStartWith("gAAAA");
                    item.GetProperty("summary").ValueKind.ShouldBe(JsonValueKind.Array);
                    break;
                default:
                    throw new InvalidOperationException("an item that nobody knows");
            }
        }

        outputs.SetEquals(calls).ShouldBeTrue();
    }

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];

    private static string? Type(JsonElement element) => element.GetProperty("type").GetString();

    [GeneratedRegex("^[a-zA-Z0-9_-]+$")]
    private static partial Regex ToolId();

    [GeneratedRegex("\"cache_control\"")]
    private static partial Regex CacheBreakpoint();
}
