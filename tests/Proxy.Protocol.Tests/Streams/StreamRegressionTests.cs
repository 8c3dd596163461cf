using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>What generated and mutated streams have found, each in its smallest form.</summary>
public sealed class StreamRegressionTests
{
    private const string MessageStart = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n";
    private const string MessageEnd = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    private const string Created = "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_7\",\"object\":\"response\",\"created_at\":1790000007,\"status\":\"in_progress\",\"model\":\"up-model\",\"output\":[]}}\n\n";
    private const string Word = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"hi\",\"logprobs\":[]}\n\n";

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    public void A_request_on_several_lines_does_not_cut_the_events_that_repeat_it(Dialect upstream)
    {
        var pair = Pair.Of(upstream, Dialect.OpenAIResponses);
        var run = Run(pair, upstream == Dialect.OpenAIChat ? Chunk("{\"content\":\"hi\"}", "\"stop\"") + "data: [DONE]\n\n" : MessageStart + MessageEnd);

        StreamJudge.Whole(pair, run);
        Encoding.UTF8.GetString(run.Output).ShouldContain("\"metadata\":{");
    }

    [Fact]
    public void A_chat_server_that_says_an_empty_finish_reason_all_along_has_not_finished()
    {
        foreach (var pair in Pair.All.Where(pair => pair.Upstream == Dialect.OpenAIChat))
        {
            var run = Run(pair, Chunk("{\"role\":\"assistant\",\"content\":\"ha\"}", "\"\"") + Chunk("{\"content\":\"lf\"}", "\"\""));

            run.IsComplete.ShouldBeFalse(pair.ToString());
            StreamJudge.Broken(pair, run);
        }
    }

    [Fact]
    public void A_finish_reason_in_a_calls_arguments_ends_nothing()
    {
        var run = Run(Pair.Of(Dialect.OpenAIChat, Dialect.OpenAIChat), Chunk("{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":{\"finish_reason\":\"x\"}}}]}", "null"));

        run.IsComplete.ShouldBeFalse();
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, MessageStart + "event: message_stop\ndata: {\"type\":\"message_stop\"#}\n\n")]
    [InlineData(Dialect.OpenAIChat, "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]#}\n\n")]
    [InlineData(Dialect.OpenAIResponses, Created + "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[]}}}\n\n")]
    public void A_terminal_event_that_is_not_JSON_ends_nothing(Dialect upstream, string stream)
    {
        foreach (var pair in Pair.All.Where(pair => pair.Upstream == upstream))
        {
            var run = Run(pair, stream);

            run.IsComplete.ShouldBeFalse(pair.ToString());
            StreamJudge.Broken(pair, run);
        }
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, MessageStart + "event: message_stop\ndata:\n\n")]
    [InlineData(Dialect.OpenAIResponses, Created + "event: response.completed\n\n")]
    public void A_terminal_event_without_data_is_not_passed_on(Dialect dialect, string stream)
    {
        var run = Run(Pair.Of(dialect, dialect), stream);

        run.IsComplete.ShouldBeFalse();
        StreamJudge.Broken(Pair.Of(dialect, dialect), run);
    }

    [Theory]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public void A_call_without_a_name_gets_one(Dialect client)
    {
        var pair = Pair.Of(Dialect.AnthropicMessages, client);
        var run = Run(pair, MessageStart
            + "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":5,\"input\":{}}}\n\n"
            + MessageEnd.Replace("end_turn", "tool_use", StringComparison.Ordinal));

        StreamJudge.Whole(pair, run).Calls.ShouldBe([("tool_0", "{}")]);
    }

    [Fact]
    public void An_upstream_that_leaves_id_and_model_empty_has_none()
    {
        foreach (var pair in Pair.All.Where(pair => pair.Upstream == Dialect.OpenAIChat && !pair.IsPassThrough))
        {
            var chunk = Chunk("{\"content\":\"hi\"}", "\"stop\"").Replace("\"id\":\"c\"", "\"id\":\"\"", StringComparison.Ordinal).Replace("\"model\":\"m\"", "\"model\":\"\"", StringComparison.Ordinal);

            StreamJudge.Whole(pair, Run(pair, chunk)).Text.ToString().ShouldBe("hi");
        }
    }

    [Fact]
    public void Calls_beside_a_refusal_that_a_filter_cut_are_no_calls_to_make()
    {
        var pair = Pair.Of(Dialect.OpenAIResponses, Dialect.OpenAIChat);
        var provider = Provider.Of(pair.Upstream, new Dice(1), new Script(Ending.Filter, new Refusal("no"), new Call("c1", "f", "{}")));

        StreamJudge.Whole(pair, StreamRun.Of(pair, streams: true, provider.ToBytes())).Stop.ShouldBe("content_filter");
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("9223372036854775807")]
    [InlineData("1e300")]
    public void Counts_of_tokens_that_are_none_break_no_client(string count)
    {
        foreach (var pair in Pair.All.Where(pair => pair.Upstream == Dialect.OpenAIChat && !pair.IsPassThrough))
        {
            var usage = $"data: {{\"id\":\"c\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{{\"prompt_tokens\":{count},\"completion_tokens\":{count},\"total_tokens\":0}}}}\n\n";

            StreamJudge.Whole(pair, Run(pair, Chunk("{\"content\":\"hi\"}", "\"stop\"") + usage + "data: [DONE]\n\n"));
        }
    }

    [Fact]
    public void An_answer_is_not_made_before_time_began()
    {
        foreach (var pair in Pair.All.Where(pair => pair.Upstream == Dialect.OpenAIChat && !pair.IsPassThrough))
        {
            StreamJudge.Whole(pair, Run(pair, Chunk("{\"content\":\"hi\"}", "\"stop\"").Replace("\"created\":1", "\"created\":-1", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_response_that_fails_is_the_response_that_began()
    {
        var passed = Failure(Run(Pair.Of(Dialect.OpenAIResponses, Dialect.OpenAIResponses), Created + Word));
        passed.GetProperty("sequence_number").GetInt32().ShouldBe(2);
        passed.GetProperty("response").GetProperty("id").GetString().ShouldBe("resp_7");
        passed.GetProperty("response").GetProperty("model").GetString().ShouldBe("up-model");
        passed.GetProperty("response").GetProperty("created_at").GetInt64().ShouldBe(1790000007);

        var translated = Failure(Run(Pair.Of(Dialect.AnthropicMessages, Dialect.OpenAIResponses), MessageStart));
        translated.GetProperty("sequence_number").GetInt32().ShouldBe(2);
        translated.GetProperty("response").GetProperty("id").GetString().ShouldBe("resp_m1");
        translated.GetProperty("response").GetProperty("model").GetString().ShouldBe("asked-model");
    }

    [Fact]
    public void An_event_that_was_dropped_has_used_up_its_number()
    {
        var failed = Failure(Run(Pair.Of(Dialect.OpenAIResponses, Dialect.OpenAIResponses), Created + "data: {\"type\":\"response.output_te\n\n" + Word.Replace("\"sequence_number\":1", "\"sequence_number\":2", StringComparison.Ordinal)));

        failed.GetProperty("sequence_number").GetInt32().ShouldBe(3);
    }

    private static System.Text.Json.JsonElement Failure(StreamRun run)
    {
        run.IsComplete.ShouldBeFalse();
        var frame = Frames.Parse(run.Failure).ShouldHaveSingleItem();
        frame.Name.ShouldBe("response.failed");
        return Frames.Json(frame.Data);
    }

    private static string Chunk(string delta, string finish) =>
        $"data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n";

    private static StreamRun Run(Pair pair, string upstream) => StreamRun.Of(pair, streams: true, Encoding.UTF8.GetBytes(upstream));
}
