namespace Proxy.Sandbox.Tests.ChatGpt;

public sealed class ResponsesAnswersTests
{
    private const string Tools = """ "store":false,"stream":true,"parallel_tool_calls":true,"tools":[{"type":"function","name":"a","parameters":{"type":"object","properties":{}}},{"type":"custom","name":"b"}]""";

    [Fact]
    public async Task Plain_text_streams_in_canonical_order_with_numbers_from_zero()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var events = await sandbox.ChatGptAsync(SandboxClient.Response("hello")).EventsAsync();

        events.ResponsesText().ShouldBe("You said: hello [served by codex-1]");
        events.Select(e => e["sequence_number"]!.GetValue<int>()).ShouldBe(Enumerable.Range(0, events.Count));
        events[0].Type().ShouldBe("response.created");
        events[^1].Type().ShouldBe("response.completed");
        events[^1]["response"]!["output"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Reasoning_is_bound_to_the_account_that_made_it()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var events = await sandbox.ChatGptAsync(SandboxClient.Response("[[think]] hello")).EventsAsync();
        var item = events[^1]["response"]!["output"]![0]!;
        item["encrypted_content"]!.GetValue<string>().ShouldStartWith("gAAAA");

        var body = $$"""{"model":"gpt-5.1-codex","instructions":"","store":false,"stream":true,"input":[{{item.ToJsonString()}},{"type":"message","role":"user","content":"hi"}]}""";
        (await sandbox.ChatGptAsync(body).EventsAsync())[^1].Type().ShouldBe("response.completed");
        var (status, refused) = await sandbox.ChatGptAsync(body, "codex-2").JsonAsync();
        status.ShouldBe(400);
        refused["error"]!["code"]!.GetValue<string>().ShouldBe("invalid_encrypted_content");
    }

    [Fact]
    public async Task Interleaved_parallel_calls_carry_their_whole_input()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var events = await sandbox.ChatGptAsync(SandboxClient.Response("""[[interleave]] [[call a {"x":[1,2]}]] [[call b some free text]]""", Tools)).EventsAsync();
        var added = events.Where(e => e.Type() == "response.output_item.added").Select(e => e["item"]!["type"]!.GetValue<string>());
        added.ShouldBe(["message", "function_call", "custom_tool_call"]);
        string.Concat(events.Where(e => e.Type() == "response.function_call_arguments.delta").Select(e => e["delta"]!.GetValue<string>())).ShouldBe("""{"x":[1,2]}""");
        string.Concat(events.Where(e => e.Type() == "response.custom_tool_call_input.delta").Select(e => e["delta"]!.GetValue<string>())).ShouldBe("some free text");
        var order = events.Where(e => e.Type().EndsWith(".delta", StringComparison.Ordinal) && e.Type().Contains("call", StringComparison.Ordinal)).Select(e => e["output_index"]!.GetValue<int>());
        order.Take(4).ShouldBe([1, 2, 1, 2]);
    }

    [Fact]
    public async Task Tool_outputs_end_the_second_turn()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        const string Body = """{"model":"gpt-5.1-codex","instructions":"","store":false,"stream":true,"input":[{"type":"message","role":"user","content":"[[tools]]"},{"type":"function_call","call_id":"call_1","name":"a","arguments":"{}"},{"type":"function_call_output","call_id":"call_1","output":"42"}]}""";
        (await sandbox.ChatGptAsync(Body).EventsAsync()).ResponsesText().ShouldBe("TOOL-DONE 42 [served by codex-1]");
    }

    [Fact]
    public async Task Tools_of_an_item_are_declared_and_called_with_their_namespace()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        const string Body = """{"model":"gpt-6-sol","instructions":"","store":false,"stream":true,"parallel_tool_calls":false,"input":[{"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"ns","tools":[{"type":"custom","name":"exec"}]}]},{"type":"message","role":"user","content":"[[call exec some code]]","internal_chat_message_metadata_passthrough":{"turn_id":"t"}}]}""";
        var call = (await sandbox.ChatGptAsync(Body).EventsAsync())[^1]["response"]!["output"]![1]!;
        call["type"]!.GetValue<string>().ShouldBe("custom_tool_call");
        call["namespace"]!.GetValue<string>().ShouldBe("ns");
        call["input"]!.GetValue<string>().ShouldBe("some code");
    }

    [Fact]
    public async Task Reminder_behind_the_users_words_is_not_answered_in_their_place()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        const string Body = """{"model":"gpt-5.1-codex","instructions":"","store":false,"stream":true,"input":[{"type":"message","role":"user","content":"hello"},{"type":"message","role":"user","content":"<system-reminder>\nbe brief\n</system-reminder>"}]}""";
        (await sandbox.ChatGptAsync(Body).EventsAsync()).ResponsesText().ShouldBe("You said: hello [served by codex-1]");
    }

    [Fact]
    public async Task Truncated_answer_is_incomplete_and_refusal_is_a_part()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var truncated = await sandbox.ChatGptAsync(SandboxClient.Response("[[truncate]]")).EventsAsync();
        truncated[^1].Type().ShouldBe("response.incomplete");
        truncated[^1]["response"]!["incomplete_details"]!["reason"]!.GetValue<string>().ShouldBe("max_output_tokens");
        var refused = await sandbox.ChatGptAsync(SandboxClient.Response("[[refuse]]")).EventsAsync();
        refused.ShouldContain(e => e.Type() == "response.refusal.done");
    }

    [Fact]
    public async Task Completed_output_is_empty_on_request_and_rate_limits_come_first()
    {
        await using var sandbox = await SandboxClient.StartAsync(new SandboxOptions { EmptyCompletedOutput = true });
        sandbox["codex-1"].RateLimitsEvents = true;
        var events = await sandbox.ChatGptAsync(SandboxClient.Response("hi")).EventsAsync();
        events[0].Type().ShouldBe("codex.rate_limits");
        events[^1]["response"]!["output"]!.AsArray().Count.ShouldBe(0);
    }

    [Fact]
    public async Task Compaction_answers_json_that_its_account_can_read_again()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, json) = await sandbox.ChatGptAsync("""{"model":"gpt-5.1-codex","instructions":"","input":[]}""", path: "/responses/compact").JsonAsync();
        status.ShouldBe(200);
        var body = $$"""{"model":"gpt-5.1-codex","instructions":"","store":false,"stream":true,"input":[{{json["output"]![0]!.ToJsonString()}}]}""";
        (await sandbox.ChatGptAsync(body).EventsAsync())[^1].Type().ShouldBe("response.completed");
        (await sandbox.ChatGptAsync(body, "codex-2").JsonAsync()).Status.ShouldBe(400);
    }
}
