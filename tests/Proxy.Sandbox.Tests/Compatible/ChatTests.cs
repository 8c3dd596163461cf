using System.Text.Json.Nodes;

namespace Proxy.Sandbox.Tests.Compatible;

public sealed class ChatTests
{
    public static TheoryData<string, string> Refused => new()
    {
        { """{"foo":1}""", "Unrecognized request argument supplied: foo" },
        { """{"messages":[]}""", "empty array" },
        { """{"messages":[{"role":"human","content":"x"}]}""", "Invalid value: 'human'" },
        { """{"messages":[{"role":"user","content":[]}]}""", "empty array" },
        { """{"messages":[{"role":"user","content":[{"type":"input_text","text":"x"}]}]}""", "Invalid value: 'input_text'" },
        { """{"messages":[{"role":"user"}]}""", "got null" },
        { """{"messages":[{"role":"tool","tool_call_id":"c","content":"x"}]}""", "must be a response to a preceeding message with 'tool_calls'" },
        { """{"messages":[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"user","content":"x"}]}""", "did not have response messages: c1" },
        { """{"messages":[{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"a","arguments":{}}}]},{"role":"tool","tool_call_id":"c1","content":"x"}]}""", "function.arguments" },
        { """{"tools":[]}""", "Invalid 'tools': empty array" },
        { """{"tools":[{"type":"function","name":"a"}]}""", "Missing required parameter: 'tools[0].function'." },
        { """{"tools":[{"type":"function","function":{"name":"a b"}}]}""", "does not match pattern" },
        { """{"tool_choice":"auto"}""", "'tool_choice' is only allowed when 'tools' are specified." },
        { """{"stream_options":{"include_usage":true}}""", "only allowed when 'stream' is enabled" },
        { """{"max_tokens":1,"max_completion_tokens":1}""", "at the same time" },
        { """{"reasoning_effort":"vast"}""", "Invalid value: 'vast'" },
    };

    [Fact]
    public async Task Stream_has_role_content_finish_usage_and_done()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var text = await sandbox.CompatibleAsync(SandboxClient.Chat("hello", "\"stream\":true,\"stream_options\":{\"include_usage\":true}")).TextAsync();
        text.ShouldEndWith("data: [DONE]\n\n");
        var events = StreamText.EventsOf(text);
        events.ChatText().ShouldBe("You said: hello [served by compatible-1]");
        events[^1]["choices"]!.AsArray().Count.ShouldBe(0);
        events[^1]["usage"]!["total_tokens"]!.GetValue<int>().ShouldBeGreaterThan(0);
        events[^2]["choices"]![0]!["finish_reason"]!.GetValue<string>().ShouldBe("stop");
        events.Select(e => e["id"]!.GetValue<string>()).Distinct().Count().ShouldBe(1);
        StreamText.EventsOf(await sandbox.CompatibleAsync(SandboxClient.Chat("hello")).TextAsync()).ShouldAllBe(e => e["usage"] == null);
    }

    [Fact]
    public async Task Tool_round_trip_ends_with_the_tools_result()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        const string Tools = """ "tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}}]""";
        var (_, first) = await sandbox.CompatibleAsync(SandboxClient.Chat("[[tools]]", Tools)).JsonAsync();
        var message = first["choices"]![0]!["message"]!;
        var call = message["tool_calls"]![0]!;
        call["function"]!["arguments"]!.GetValue<string>().ShouldBe("""{"n":1}""");
        var second = $$"""{"model":"sandbox-chat","messages":[{"role":"user","content":"go"},{"role":"assistant","tool_calls":{{message["tool_calls"]!.ToJsonString()}}},{"role":"tool","tool_call_id":"{{call["id"]}}","content":"7"}],{{Tools}}}""";
        (await sandbox.CompatibleAsync(second).JsonAsync()).Json["choices"]![0]!["message"]!["content"]!.GetValue<string>().ShouldBe("TOOL-DONE 7 [served by compatible-1]");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Body_that_breaks_a_rule_is_refused(string change, string message)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var body = JsonNode.Parse("""{"model":"sandbox-chat","messages":[{"role":"user","content":"hi"}]}""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            body[name] = value?.DeepClone();
        }

        var (status, json) = await sandbox.CompatibleAsync(body.ToJsonString()).JsonAsync();
        status.ShouldBe(400);
        json["error"]!["message"]!.GetValue<string>().ShouldContain(message);
    }
}
