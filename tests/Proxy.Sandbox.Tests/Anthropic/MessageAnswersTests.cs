using System.Text.Json.Nodes;

namespace Proxy.Sandbox.Tests.Anthropic;

public sealed class MessageAnswersTests
{
    private const string Tool = """ "tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}},{"name":"other","input_schema":{"type":"object"}}]""";

    [Fact]
    public async Task Plain_text_streams_with_the_protocols_events_and_the_accounts_marker()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var events = await sandbox.AnthropicAsync(SandboxClient.Message("hello there")).EventsAsync();

        events.AnthropicText().ShouldBe("You said: hello there [served by claude-1]");
        events.Select(e => e.Type()).Distinct().ShouldBe(["message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop", "message_delta", "message_stop"]);
        events[^2]["delta"]!["stop_reason"]!.GetValue<string>().ShouldBe("end_turn");
        events[^2]["usage"]!["output_tokens"]!.GetValue<int>().ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Same_request_without_stream_is_one_message()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, json) = await sandbox.AnthropicAsync(SandboxClient.Message("hello", "\"stream\":false"), "claude-2").JsonAsync();

        status.ShouldBe(200);
        json["content"]![0]!["text"]!.GetValue<string>().ShouldBe("You said: hello [served by claude-2]");
        json["type"]!.GetValue<string>().ShouldBe("message");
    }

    [Fact]
    public async Task Thinking_comes_signed_and_is_accepted_back()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, json) = await sandbox.AnthropicAsync(SandboxClient.Message("[[think]] hard", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}")).JsonAsync();
        var block = json["content"]![0]!;
        block["signature"]!.GetValue<string>().ShouldStartWith("E");

        var second = $$"""{"model":"claude-sonnet-4-5","max_tokens":2000,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":{{json["content"]!.ToJsonString()}}},{"role":"user","content":"more"}]}""";
        (await sandbox.AnthropicAsync(second).JsonAsync()).Status.ShouldBe(200);
        (await sandbox.AnthropicAsync(second.Replace("Thinking about", "Musing about", StringComparison.Ordinal)).JsonAsync())
            .Json["error"]!["message"]!.GetValue<string>().ShouldBe("messages.1.content.0: Invalid `signature` in `thinking` block");
    }

    [Fact]
    public async Task Two_call_directives_are_two_parallel_tool_uses_and_their_results_end_the_turn()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, first) = await sandbox.AnthropicAsync(SandboxClient.Message("""[[call get_weather {"city":"Ulm]]"}]] [[call other]]""", Tool)).JsonAsync();
        first["stop_reason"]!.GetValue<string>().ShouldBe("tool_use");
        var uses = first["content"]!.AsArray().Where(b => b!["type"]!.GetValue<string>() == "tool_use").ToArray();
        uses.Select(u => u!["name"]!.GetValue<string>()).ShouldBe(["get_weather", "other"]);
        uses[0]!["input"]!["city"]!.GetValue<string>().ShouldBe("Ulm]]");

        var results = new JsonArray([.. uses.Select((u, i) => (JsonNode)new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = u!["id"]!.GetValue<string>(), ["content"] = $"result {i}" })]);
        var second = $$"""{"model":"claude-sonnet-4-5","max_tokens":2000,"stream":true,"messages":[{"role":"user","content":"go [[tools]]"},{"role":"assistant","content":{{first["content"]!.ToJsonString()}}},{"role":"user","content":{{results.ToJsonString()}}}],{{Tool}}}""";
        (await sandbox.AnthropicAsync(second).EventsAsync()).AnthropicText().ShouldBe("TOOL-DONE  [served by claude-1]".Replace("DONE ", "DONE result 0 | result 1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[[refuse]]", "refusal")]
    [InlineData("[[truncate]] please", "max_tokens")]
    public async Task Other_ends_have_their_stop_reason(string text, string reason)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var events = await sandbox.AnthropicAsync(SandboxClient.Message(text)).EventsAsync();
        events[^2]["delta"]!["stop_reason"]!.GetValue<string>().ShouldBe(reason);
    }

    [Fact]
    public async Task Api_key_account_is_served_by_its_own_header()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, json) = await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false"), "claude-key-1").JsonAsync();
        json["content"]![0]!["text"]!.GetValue<string>().ShouldEndWith("[served by claude-key-1]");
    }

    [Fact]
    public async Task Second_request_with_one_opening_reads_from_the_cache()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, first) = await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false")).JsonAsync();
        var (_, second) = await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false")).JsonAsync();
        first["usage"]!["cache_read_input_tokens"]!.GetValue<int>().ShouldBe(0);
        second["usage"]!["cache_read_input_tokens"]!.GetValue<int>().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Token_count_and_model_list_and_profile_answer()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, count) = await sandbox.AnthropicAsync("""{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"hi"}]}""", path: "/v1/messages/count_tokens?beta=true").JsonAsync();
        status.ShouldBe(200);
        count["input_tokens"]!.GetValue<int>().ShouldBeGreaterThan(0);
    }
}
