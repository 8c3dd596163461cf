using System.Collections.Frozen;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>Edge cases of spec/protocols.md 15 and faults of spec/faults.md that concern one stream.</summary>
public class EdgeCaseTests
{
    private const string Created = """{"type":"response.created","response":{"id":"r1","model":"m"}}""";
    private const string Completed = """{"type":"response.completed","response":{"id":"r1","status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":1}}}""";

    [Fact]
    public void Fault33_usage_in_each_chunk_counts_once()
    {
        var frames = Translation.Stream(
            Dialect.OpenAIChat,
            Dialect.AnthropicMessages,
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":8,"completion_tokens":1}}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"prompt_tokens":8,"completion_tokens":2}}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2}}""",
            "[DONE]");

        var digest = AnthropicGrammar.Check(frames);
        digest.Text.ToString().ShouldBe("ab");
        Frames.Json(frames[^2].Data).GetProperty("usage").GetProperty("output_tokens").GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public void Fault34_arguments_split_at_each_byte_stay_what_they_are(Dialect from)
    {
        const string Arguments = """{"path":"a \"b\" <é> \\ 😀","n":12345678901234567890,"f":1.10}""";
        var pieces = Arguments.EnumerateRunes().Select(rune => JsonSerializer.Serialize(rune.ToString())).ToList();
        List<string> frames = from switch
        {
            Dialect.AnthropicMessages =>
            [
                """message_start|{"type":"message_start","message":{"id":"m1","model":"m"}}""",
                """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"ls","input":{}}}""",
                .. pieces.Select(piece => $$$"""content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":{{{piece}}}}}"""),
                """content_block_stop|{"type":"content_block_stop","index":0}""",
                """message_delta|{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}""",
                """message_stop|{"type":"message_stop"}""",
            ],
            Dialect.OpenAIChat =>
            [
                """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"ls","arguments":""}}]}}]}""",
                .. pieces.Select(piece => $$$"""{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":{{{piece}}}}}]}}]}"""),
                """{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
                "[DONE]",
            ],
            _ =>
            [
                Created,
                """{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc1","call_id":"t1","name":"ls","arguments":""}}""",
                .. pieces.Select(piece => $$$"""{"type":"response.function_call_arguments.delta","item_id":"fc1","output_index":0,"delta":{{{piece}}}}"""),
                $$$"""{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc1","call_id":"t1","name":"ls","arguments":{{{JsonSerializer.Serialize(Arguments)}}}}}""",
                Completed,
            ],
        };

        AnthropicGrammar.Check(Translation.Stream(from, Dialect.AnthropicMessages, [.. frames])).Calls.ShouldBe([("ls", Arguments)]);
        ChatGrammar.Check(Translation.Stream(from, Dialect.OpenAIChat, [.. frames]), includeUsage: true).Calls.ShouldBe([("ls", Arguments)]);
        ResponsesGrammar.Check(Translation.Stream(from, Dialect.OpenAIResponses, [.. frames])).Calls.ShouldBe([("ls", Arguments)]);
        Translation.Gather(from, Dialect.AnthropicMessages, Translation.Echo, [.. frames]).ShouldContain("\"input\":" + Arguments);
    }

    [Fact]
    public void Fault35_interleaved_parallel_calls_of_a_chat_server_lose_nothing()
    {
        string[] frames =
        [
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t0","function":{"name":"a","arguments":"{\"x\""}},{"index":1,"id":"t1","function":{"name":"b","arguments":"{"}}]}}]}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"\"y\":2}"}}]}}]}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
            "[DONE]",
        ];
        (string, string)[] expected = [("a", "{\"x\":1}"), ("b", "{\"y\":2}")];

        AnthropicGrammar.Check(Translation.Stream(Dialect.OpenAIChat, Dialect.AnthropicMessages, frames)).Calls.ShouldBe(expected);
        ResponsesGrammar.Check(Translation.Stream(Dialect.OpenAIChat, Dialect.OpenAIResponses, frames)).Calls.ShouldBe(expected);
        ChatGrammar.Check(Translation.Stream(Dialect.OpenAIChat, Dialect.OpenAIChat, frames), includeUsage: true).Calls.ShouldBe(expected);
    }

    [Fact]
    public void E84_arguments_done_adds_only_what_the_deltas_did_not_tell()
    {
        static string Call(params string[] between) => AnthropicGrammar.Check(Translation.Stream(
            Dialect.OpenAIResponses,
            Dialect.AnthropicMessages,
            [Created, """{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc1","call_id":"c1","name":"f"}}""", .. between, Completed])).Calls.Single().Input;

        const string Done = """{"type":"response.function_call_arguments.done","item_id":"fc1","output_index":0,"arguments":"{\"a\":1}"}""";
        Call(Done).ShouldBe("{\"a\":1}");
        Call("""{"type":"response.function_call_arguments.delta","item_id":"fc1","output_index":0,"delta":"{\"a\":1}"}""", Done).ShouldBe("{\"a\":1}");
        Call("""{"type":"response.function_call_arguments.delta","item_id":"fc1","output_index":0,"delta":"{\"a"}""", Done, Done).ShouldBe("{\"a\":1}");
    }

    [Fact]
    public void E85_a_name_that_comes_at_the_end_delays_the_start()
    {
        var digest = AnthropicGrammar.Check(Translation.Stream(
            Dialect.OpenAIResponses,
            Dialect.AnthropicMessages,
            Created,
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc1","call_id":"c1"}}""",
            """{"type":"response.function_call_arguments.delta","item_id":"fc1","output_index":0,"delta":"{\"a\":1}"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc1","call_id":"c1","name":"late","arguments":"{\"a\":1}"}}""",
            Completed));

        digest.Calls.ShouldBe([("late", "{\"a\":1}")]);
    }

    [Fact]
    public void E86_E87_what_only_the_final_output_tells_is_told_once()
    {
        var digest = AnthropicGrammar.Check(Translation.Stream(
            Dialect.OpenAIResponses,
            Dialect.AnthropicMessages,
            Created,
            """{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"fc1","call_id":"c1","name":"f"}}""",
            """{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","id":"m1","content":[{"type":"output_text","text":"late"}]},{"type":"function_call","id":"fc1","call_id":"c1","name":"f","arguments":"{}"}]}}"""));

        digest.Text.ToString().ShouldBe("late");
        digest.Calls.ShouldBe([("f", "{}")]);
    }

    [Fact]
    public void E90_a_name_in_a_later_chunk_delays_the_start()
    {
        var digest = AnthropicGrammar.Check(Translation.Stream(
            Dialect.OpenAIChat,
            Dialect.AnthropicMessages,
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t0","function":{"name":null,"arguments":"{"}}]}}]}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"ls","arguments":"}"}}]}}]}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
            "[DONE]"));

        digest.Calls.ShouldBe([("ls", "{}")]);
    }

    [Fact]
    public void E91_a_finish_for_calls_without_a_call_is_the_end_of_the_turn()
    {
        var digest = AnthropicGrammar.Check(Translation.Stream(
            Dialect.OpenAIChat,
            Dialect.AnthropicMessages,
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"hi","tool_calls":[{"index":0}]}}]}""",
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
            "[DONE]"));

        digest.Stop.ShouldBe("end_turn");
    }

    [Fact]
    public void E101_ids_that_fit_nothing_go_to_the_call_that_is_going_on()
    {
        var digest = ChatGrammar.Check(
            Translation.Stream(
                Dialect.OpenAIResponses,
                Dialect.OpenAIChat,
                Created,
                """{"type":"response.output_item.added","item":{"type":"function_call","id":"fc1","call_id":"c1","name":"f"}}""",
                """{"type":"response.function_call_arguments.delta","item_id":"other","delta":"{\"a\":1}"}""",
                """{"type":"response.output_item.done","item":{"type":"function_call","id":"fc1","call_id":"c1","name":"f","arguments":"{\"a\":1}"}}""",
                Completed),
            includeUsage: true);

        digest.Calls.ShouldBe([("f", "{\"a\":1}")]);
    }

    [Fact]
    public void E103_E104_a_chat_stream_may_end_after_its_finish_or_at_done_with_whole_arguments()
    {
        const string Open = """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t0","function":{"name":"f","arguments":"{\"a\":"}}]}}]}""";
        const string Rest = """{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}""";
        const string Finish = """{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""";

        Translation.Events(Dialect.OpenAIChat, Open, Rest, Finish)[^1].ShouldBeOfType<AnswerEnded>().Reason.ShouldBe(StopReason.ToolUse);
        Translation.Events(Dialect.OpenAIChat, Open, Rest, "[DONE]")[^1].ShouldBeOfType<AnswerEnded>().Reason.ShouldBe(StopReason.ToolUse);
        Translation.Events(Dialect.OpenAIChat, Open, "[DONE]")[^1].ShouldBeOfType<AnswerFailed>();
        Translation.Events(Dialect.OpenAIChat, Open, Rest)[^1].ShouldBeOfType<BlockDelta>();
    }

    [Theory]
    [InlineData("""{"delta":{"reasoning_content":"why"}}""")]
    [InlineData("""{"delta":{"reasoning":"why"}}""")]
    [InlineData("""{"delta":{"reasoning_content":"","reasoning":["w",{"type":"text","text":"hy"}]}}""")]
    [InlineData("""{"delta":{"reasoning_content":"why","reasoning":"why"}}""")]
    public void E116_E160_reasoning_is_read_under_each_of_its_names(string choice)
    {
        var events = Translation.Events(Dialect.OpenAIChat, $$"""{"id":"c","model":"m","choices":[{{choice}}]}""");

        string.Concat(events.OfType<BlockDelta>().Select(delta => delta.Fragment.ToString())).ShouldBe("why");
        events.OfType<BlockOpened>().Single().Kind.ShouldBe(BlockKind.Reasoning);
    }

    [Fact]
    public void E74_E140_E141_each_reasoning_item_is_one_block_with_its_final_signature()
    {
        var digest = AnthropicGrammar.Check(Translation.Stream(
            Dialect.OpenAIResponses,
            Dialect.AnthropicMessages,
            Created,
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs1","encrypted_content":"early"}}""",
            """{"type":"response.reasoning_summary_part.added","item_id":"rs1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}""",
            """{"type":"response.reasoning_summary_text.delta","item_id":"rs1","output_index":0,"summary_index":0,"delta":"one"}""",
            """{"type":"response.reasoning_summary_part.added","item_id":"rs1","output_index":0,"summary_index":1,"part":{"type":"summary_text","text":""}}""",
            """{"type":"response.reasoning_summary_text.delta","item_id":"rs1","output_index":0,"summary_index":1,"delta":"two"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs1","encrypted_content":"final"}}""",
            """{"type":"response.output_item.added","output_index":1,"item":{"type":"reasoning","id":"rs2","encrypted_content":"only"}}""",
            """{"type":"response.output_item.done","output_index":1,"item":{"type":"reasoning","id":"rs2","summary":[]}}""",
            Completed));

        digest.Reasoning.ToString().ShouldBe("one\n\ntwo");
        digest.Signatures.ShouldBe(["final", "only"]);
    }

    [Fact]
    public void V7_tool_names_come_back_as_the_client_wrote_them()
    {
        var echo = Translation.Echo with { ToolNames = new Dictionary<string, string> { ["mcp__search_1"] = "mcp__other_very_long__search" }.ToFrozenDictionary() };
        string[] frames =
        [
            Created,
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc1","call_id":"c1","name":"mcp__search_1","arguments":"{}"}}""",
            Completed,
        ];

        AnthropicGrammar.Check(Translation.Stream(Dialect.OpenAIResponses, Dialect.AnthropicMessages, echo, frames)).Calls.Single().Name.ShouldBe("mcp__other_very_long__search");
        Translation.Gather(Dialect.OpenAIResponses, Dialect.OpenAIChat, echo, frames).ShouldContain("\"name\":\"mcp__other_very_long__search\"");
    }

    [Theory]
    [InlineData("""{"input":"a \"b\"\n"}""", "a \"b\"\n")]
    [InlineData("""{}""", "")]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    public void E155_the_input_of_a_custom_tool_is_unwrapped_for_a_function_only_upstream(string arguments, string expected)
    {
        var echo = Translation.Echo with { CustomTools = new[] { "patch" }.ToFrozenSet() };
        string[] frames =
        [
            """message_start|{"type":"message_start","message":{"id":"m1","model":"m"}}""",
            """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"patch","input":{}}}""",
            $$$"""content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":{{{JsonSerializer.Serialize(arguments)}}}}}""",
            """content_block_stop|{"type":"content_block_stop","index":0}""",
            """message_delta|{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}""",
            """message_stop|{"type":"message_stop"}""",
        ];

        var frame = Translation.Stream(Dialect.AnthropicMessages, Dialect.OpenAIResponses, echo, frames);
        ResponsesGrammar.Check(frame).Calls.ShouldBe([("patch", expected)]);
        frame.ShouldContain(told => told.Name == "response.custom_tool_call_input.done");
        ChatGrammar.Check(Translation.Stream(Dialect.AnthropicMessages, Dialect.OpenAIChat, echo, frames), includeUsage: true).Calls.ShouldBe([("patch", expected)]);
        var single = Frames.Json(Translation.Gather(Dialect.AnthropicMessages, Dialect.OpenAIResponses, echo, frames));
        single.GetProperty("output")[0].GetProperty("input").GetString().ShouldBe(expected);
    }

    [Fact]
    public void E100_a_refusal_of_claude_is_a_content_filter_for_openai_clients()
    {
        string[] frames =
        [
            """message_start|{"type":"message_start","message":{"id":"m1","model":"m"}}""",
            """message_delta|{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":1}}""",
            """message_stop|{"type":"message_stop"}""",
        ];

        ChatGrammar.Check(Translation.Stream(Dialect.AnthropicMessages, Dialect.OpenAIChat, frames), includeUsage: true).Stop.ShouldBe("content_filter");
        ResponsesGrammar.Check(Translation.Stream(Dialect.AnthropicMessages, Dialect.OpenAIResponses, frames)).Stop.ShouldBe("incomplete/content_filter");
    }
}
