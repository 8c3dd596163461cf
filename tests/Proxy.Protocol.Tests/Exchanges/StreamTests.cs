using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Sse;
using static Proxy.Protocol.Exchanges.FrameKind;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

public sealed class StreamTests
{
    private const string MessageStart = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":10,\"output_tokens\":1,\"cache_read_input_tokens\":3}}}\n\n";
    private const string TextStart = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
    private const string TextDelta = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"h\\u00e9\"}}\n\n";
    private const string BlockStop = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
    private const string MessageDelta = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":57}}\n\n";
    private const string MessageStop = "event: message_stop\r\ndata:{\"type\":\"message_stop\"}\r\n\r\n";
    private const string Ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n";

    [Fact]
    public void Anthropic_frames_pass_byte_for_byte_with_their_kinds()
    {
        var stream = Anthropic();
        const string Unknown = "event: made_up\ndata: {\"type\":\"made_up\"}\n\n";
        const string Upstream = MessageStart + Ping + ": note\n\n" + TextStart + TextDelta + TextDelta + BlockStop + Unknown + Ping + MessageDelta + MessageStop;

        var (output, kinds) = Run(stream, Upstream);

        output.ShouldBe(Upstream);
        kinds.ShouldBe([Handshake, Noise, Noise, Handshake, Content, Content, Content, Content, Noise, Content, Terminal]);
        stream.Usage.ShouldBe(new Usage(10, 3, null, 57, null));
        stream.IsComplete.ShouldBeTrue();
        Complete(stream, out var isWhole).ShouldBe("");
        isWhole.ShouldBeTrue();
    }

    [Theory]
    [InlineData("{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"n\",\"input\":{}}", Content)]
    [InlineData("{\"type\":\"redacted_thinking\",\"data\":\"x\"}", Content)]
    [InlineData("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}", Handshake)]
    [InlineData("{\"type\":\"text\",\"text\":\"x\"}", Content)]
    public void Anthropic_block_start_commits_when_it_carries_something(string block, FrameKind kind) =>
        Run(Anthropic(), $"event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{block}}}\n\n").Kinds.ShouldBe([kind]);

    [Theory]
    [InlineData("{\"type\":\"text_delta\",\"text\":\"\"}", Handshake)]
    [InlineData("{\"type\":\"thinking_delta\",\"thinking\":\"x\"}", Content)]
    [InlineData("{\"type\":\"signature_delta\",\"signature\":\"x\"}", Content)]
    public void Anthropic_delta_commits_when_it_carries_something(string delta, FrameKind kind) =>
        Run(Anthropic(), $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{delta}}}\n\n").Kinds.ShouldBe([kind]);

    [Fact]
    public void Event_without_a_name_goes_by_the_type_of_its_data()
    {
        Run(Anthropic(), "data: {\"index\":0,\"type\":\"content_block_delta\",\"delta\":{\"text\":\"x\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n").Kinds.ShouldBe([Content, Terminal]);
        Run(Responses(), "data: {\"type\":\"response.created\",\"response\":{}}\n\ndata: {\"type\":\"error\",\"message\":\"x\"}\n\n").Kinds.ShouldBe([Handshake, FrameKind.Error]);
    }

    [Fact]
    public void Fault27_close_without_a_terminal_event_is_no_end()
    {
        var anthropic = Anthropic();
        Run(anthropic, MessageStart + TextDelta + MessageDelta);
        Complete(anthropic, out var isWhole).ShouldBe("");
        isWhole.ShouldBeFalse();

        var chat = Chat();
        Run(chat, Chunk("{\"content\":\"x\"}"));
        Complete(chat, out isWhole).ShouldBe("");
        isWhole.ShouldBeFalse();

        var responses = Responses();
        Run(responses, Event("response.output_text.delta", "\"delta\":\"x\""));
        Complete(responses, out isWhole).ShouldBe("");
        isWhole.ShouldBeFalse();
    }

    [Fact]
    public void Fault28_nothing_follows_the_terminal_event()
    {
        Run(Anthropic(), MessageStart + TextDelta + MessageStop + MessageStop + TextDelta).Output.ShouldBe(MessageStart + TextDelta + MessageStop);
        var completed = Event("response.completed", "\"response\":{\"output\":[{}],\"usage\":null}");
        Run(Responses(), completed + completed).Output.ShouldBe(completed);
        Run(Chat(), Chunk("{\"content\":\"x\"}") + "data: [DONE]\n\ndata: [DONE]\n\n" + Chunk("{\"content\":\"y\"}")).Output.ShouldBe(Chunk("{\"content\":\"x\"}") + "data: [DONE]\n\n");
    }

    [Fact]
    public void Cache_writes_of_an_hour_are_told_apart()
    {
        var stream = Anthropic();
        Run(stream, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":1,\"cache_creation_input_tokens\":500,\"cache_read_input_tokens\":2,"
            + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":100,\"ephemeral_1h_input_tokens\":400},\"server_tool_use\":{\"input_tokens\":9}}}}\n\n" + MessageDelta);

        stream.Usage.ShouldBe(new Usage(1, 2, 500, 57, null) { CacheWriteLong = 400 });
    }

    [Fact]
    public void Fault31_unknown_event_type_is_forwarded()
    {
        const string Unknown = "event: brand_new\ndata: {\"type\":\"brand_new\",\"x\":1e400}\n\n";

        Run(Anthropic(), Unknown + TextDelta + Unknown).ShouldSatisfyAllConditions(
            r => r.Output.ShouldBe(Unknown + TextDelta + Unknown),
            r => r.Kinds.ShouldBe([Handshake, Content, Content]));
        Run(Responses(), Unknown).Output.ShouldBe(Unknown);
    }

    [Fact]
    public void Fault33_usage_in_each_chunk_ends_with_the_last()
    {
        var stream = Chat();

        Run(stream, string.Concat(Enumerable.Range(1, 5).Select(i => Chunk("{\"content\":\"x\"}", $",\"usage\":{{\"prompt_tokens\":20,\"prompt_tokens_details\":{{\"cached_tokens\":5}},\"completion_tokens\":{i}}}"))));

        stream.Usage.ShouldBe(new Usage(15, 5, null, 5, null));
    }

    [Theory]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n")]
    [InlineData("data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n")]
    public void Fault36_error_event_after_text_is_not_forwarded_and_is_told(string error)
    {
        var stream = Anthropic();

        var (output, kinds) = Run(stream, MessageStart + TextDelta + error + TextDelta);

        output.ShouldBe(MessageStart + TextDelta);
        kinds.ShouldBe([Handshake, Content, FrameKind.Error, Noise]);
        stream.Error!.Type.ShouldBe("overloaded_error");
        stream.Error.Message.ShouldBe("Overloaded");
        stream.IsComplete.ShouldBeFalse();
    }

    [Theory]
    [InlineData("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usa\n\n")]
    [InlineData("event: content_block_delta\ndata: nonsense\n\n")]
    [InlineData("event: message_delta\ndata: {\"usage\":{]}}\n\n")]
    public void Malformed_Anthropic_frame_is_an_error(string frame)
    {
        var stream = Anthropic();

        Run(stream, frame).ShouldSatisfyAllConditions(r => r.Output.ShouldBe(""), r => r.Kinds.ShouldBe([FrameKind.Error]));
        stream.Error!.Code.ShouldBe("invalid_upstream_answer");
    }

    [Fact]
    public void Responses_frames_pass_byte_for_byte_with_their_kinds()
    {
        var stream = Responses();
        (string Frame, FrameKind Kind)[] frames =
        [
            (Event("codex.rate_limits", "\"limit_reached\":true"), Handshake),
            (Event("response.created", "\"response\":{\"id\":\"resp_1\"}"), Handshake),
            (Event("response.in_progress", "\"response\":{}"), Handshake),
            (Event("response.output_item.added", "\"output_index\":0,\"item\":{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[]}"), Handshake),
            (Event("response.reasoning_summary_part.added", "\"part\":{\"type\":\"summary_text\",\"text\":\"\"}"), Handshake),
            (Event("response.reasoning_summary_text.delta", "\"delta\":\"\""), Handshake),
            (Event("response.reasoning_summary_text.delta", "\"delta\":\"x\""), Content),
            (Event("response.output_item.added", "\"output_index\":1,\"item\":{\"type\":\"message\",\"content\":[]}"), Content),
            (Event("response.output_text.delta", "\"delta\":\"\""), Content),
            (Event("response.output_item.done", "\"output_index\":1,\"item\":{\"type\":\"message\",\"id\":\"msg_1\"}"), Content),
            (Event("response.completed", "\"response\":{\"id\":\"resp_1\",\"output\":[{\"type\":\"message\"}],\"usage\":{\"input_tokens\":100,\"input_tokens_details\":{\"cached_tokens\":40},\"output_tokens\":9,\"output_tokens_details\":{\"reasoning_tokens\":4},\"total_tokens\":109}}"), Terminal),
        ];

        var (output, kinds) = Run(stream, string.Concat(frames.Select(f => f.Frame)));

        output.ShouldBe(string.Concat(frames.Select(f => f.Frame)));
        kinds.ShouldBe(frames.Select(f => f.Kind));
        stream.Usage.ShouldBe(new Usage(60, 40, null, 9, 4));
    }

    [Fact]
    public void Responses_tool_item_commits_with_its_start() =>
        Run(Responses(), Event("response.output_item.added", "\"item\":{\"type\":\"function_call\",\"name\":\"f\"}")).Kinds.ShouldBe([Content]);

    [Fact]
    public void Terminal_event_with_gaps_is_mended_for_strict_readers()
    {
        var stream = Responses();
        var items = Event("response.output_item.done", "\"output_index\":1,\"item\":{\"id\":\"fc_1\",\"n\":1e400}") + Event("response.output_item.done", "\"item\":{\"id\":\"x\"}") + Event("response.output_item.done", "\"output_index\":0,\"item\":{\"id\":\"rs_1\"}");

        var (output, _) = Run(stream, items + Event("response.incomplete", "\"response\":{\"output\": [ ],\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"output_tokens_details\":{}},\"x\":\"\\u00e9\"}"));

        output.ShouldBe(items + Event("response.incomplete", "\"response\":{\"output\": [{\"id\":\"rs_1\"},{\"id\":\"fc_1\",\"n\":1e400},{\"id\":\"x\"}],\"usage\":{\"input_tokens_details\":{\"cached_tokens\":0},\"input_tokens\":1,\"output_tokens\":2,\"output_tokens_details\":{\"reasoning_tokens\":0}},\"x\":\"\\u00e9\"}"));
        stream.IsComplete.ShouldBeTrue();
    }

    [Fact]
    public void Broken_Responses_frame_is_dropped_and_the_next_delivered()
    {
        var delta = Event("response.output_text.delta", "\"delta\":\"x\"");

        Run(Responses(), "event: response.output_text.delta\ndata: {\"del\n\n" + delta).Output.ShouldBe(delta);
    }

    [Theory]
    [InlineData("response.failed", "\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down\"}}", null, "rate_limit_exceeded", "Slow down", null)]
    [InlineData("error", "\"code\":\"server_is_overloaded\",\"message\":\"Busy\"", null, "server_is_overloaded", "Busy", null)]
    [InlineData("error", "\"error\":{\"type\":\"usage_limit_reached\",\"message\":\"Out\",\"resets_at\":1790000000,\"resets_in_seconds\":60},\"status_code\":429", "usage_limit_reached", null, "Out", 429)]
    [InlineData("response.completed", "\"error\":{\"message\":\"Odd\"}", null, null, "Odd", null)]
    [InlineData("response.failed", "\"response\":{}", null, null, "upstream stream failed without error details", null)]
    public void Responses_error_is_read_in_all_its_shapes(string name, string members, string? type, string? code, string message, int? status)
    {
        var stream = Responses();

        Run(stream, Event(name, members)).ShouldSatisfyAllConditions(r => r.Output.ShouldBe(""), r => r.Kinds.ShouldBe([FrameKind.Error]));

        stream.Error!.Type.ShouldBe(type);
        stream.Error.Code.ShouldBe(code);
        stream.Error.Message.ShouldBe(message);
        stream.Error.Status.ShouldBe(status);
        stream.Error.ResetsInSeconds.ShouldBe(type == "usage_limit_reached" ? 60 : null);
    }

    [Theory]
    [InlineData("{}", "{\"output\":[{\"type\":\"message\"}]}")]
    [InlineData("{\"id\":\"r\"}", "{\"output\":[{\"type\":\"message\"}],\"id\":\"r\"}")]
    public void Response_without_output_gets_the_items_that_were_told(string response, string mended)
    {
        var item = Event("response.output_item.done", "\"output_index\":0,\"item\":{\"type\":\"message\"}");

        var (output, _) = Run(Responses(), item + Event("response.completed", "\"response\":" + response));

        output.ShouldBe(item + Event("response.completed", "\"response\":" + mended));
    }

    [Fact]
    public void Client_without_a_stream_gets_the_response_object()
    {
        var stream = Open(Request(Dialect.OpenAIResponses, """{"model":"m","input":[]}"""), Target(UpstreamKind.Codex)).OpenStream();

        var (output, kinds) = Run(stream, Event("response.created", "\"response\":{}") + Event("response.output_text.delta", "\"delta\":\"x\"") + Event("response.output_item.done", "\"output_index\":0,\"item\":{\"id\":\"msg_1\"}")
            + Event("response.completed", "\"response\":{\"id\":\"resp_1\",\"output\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}"));

        output.ShouldBe("");
        kinds.ShouldBe([Handshake, Content, Content, Terminal]);
        Complete(stream, out var isWhole).ShouldBe("""{"id":"resp_1","output":[{"id":"msg_1"}],"usage":{"input_tokens_details":{"cached_tokens":0},"output_tokens_details":{"reasoning_tokens":0},"input_tokens":3,"output_tokens":2}}""");
        isWhole.ShouldBeTrue();
    }

    [Fact]
    public void Chat_frames_pass_byte_for_byte_with_their_kinds()
    {
        var stream = Chat("\"stream_options\":{\"include_usage\":true},");
        (string Frame, FrameKind Kind)[] frames =
        [
            (": OPENROUTER PROCESSING\n\n", Noise),
            (Chunk("{\"role\":\"assistant\",\"content\":\"\"}", ",\"usage\":null"), Handshake),
            (Chunk("{\"content\":\"\\\"usage\\\" \\\"error\\\": \\\"finish_reason\\\":\"}"), Content),
            (Chunk("{\"content\":\"error\"}"), Content),
            (Chunk("{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"error\",\"arguments\":\"\"}}]}"), Content),
            ("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", Content),
            ("data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2,\"completion_tokens_details\":{\"reasoning_tokens\":1}}}\n\n", Content),
            ("data: [DONE]\n\n", Terminal),
        ];

        var (output, kinds) = Run(stream, string.Concat(frames.Select(f => f.Frame)));

        output.ShouldBe(string.Concat(frames.Select(f => f.Frame)));
        kinds.ShouldBe(frames.Select(f => f.Kind));
        stream.Usage.ShouldBe(new Usage(8, null, null, 2, 1));
    }

    [Theory]
    [InlineData("{\"reasoning_content\":\"x\"}", Content)]
    [InlineData("{\"role\":\"assistant\"}", Handshake)]
    [InlineData("{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}", Content)]
    [InlineData("{\"content\":null,\"refusal\":\"no\"}", Content)]
    public void Chat_delta_commits_when_it_carries_something(string delta, FrameKind kind) => Run(Chat(), Chunk(delta)).Kinds.ShouldBe([kind]);

    [Fact]
    public void Usage_chunk_that_the_client_did_not_ask_for_is_counted_and_not_forwarded()
    {
        var stream = Chat();
        const string Finish = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

        Run(stream, Finish + "data: {\"choices\": [ ] ,\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n").Output.ShouldBe(Finish + "data: [DONE]\n\n");

        stream.Usage.Output.ShouldBe(2);
    }

    [Fact]
    public void Finished_chat_answer_without_DONE_gets_one()
    {
        var stream = Chat();
        Run(stream, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"length\"}]}\n\n");

        Complete(stream, out var isWhole).ShouldBe("data: [DONE]\n\n");
        isWhole.ShouldBeTrue();
        stream.IsComplete.ShouldBeTrue();
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"Odd\",\"code\":429}}\n\n", "Odd", 429)]
    [InlineData("data: {\"error\":\"Odd\"}\n\n", "Odd", null)]
    [InlineData("event: error\ndata: {\"message\":\"Odd\"}\n\n", "Odd", null)]
    [InlineData("data: {\"code\":503,\"message\":\"Odd\"}\n\n", "Odd", 503)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"Odd\"}}}\n\n", "Odd", null)]
    [InlineData("data: {\"choices\":[{\"del\n\n", "the upstream sent an answer that can't be understood", 502)]
    public void Chat_error_is_read_in_all_its_shapes(string frame, string message, int? status)
    {
        var stream = Chat();

        Run(stream, Chunk("{\"content\":\"x\"}") + frame).Kinds.ShouldBe([Content, FrameKind.Error]);

        stream.Error!.Message.ShouldBe(message);
        stream.Error.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("usage")]
    [InlineData("finish_reason")]
    public void Chat_value_that_reads_like_a_key_is_none(string word)
    {
        var stream = Chat();

        Run(stream, Chunk("{\"content\":\"" + word + "\"}") + Chunk("{\"content\":\":{}\"}")).Kinds.ShouldBe([Content, Content]);
        Complete(stream, out var isWhole);
        isWhole.ShouldBeFalse();
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public void Failure_after_commit_is_the_dialects_own_error(Dialect dialect)
    {
        var stream = dialect switch { Dialect.AnthropicMessages => Anthropic(), Dialect.OpenAIChat => Chat(), _ => Responses() };
        Run(stream, Event("response.created", "\"response\":{}"));
        var output = new ArrayBufferWriter<byte>();

        stream.WriteFailure(new Failure { Class = FailureClass.Truncated, Scope = FailureScope.Request, Message = "cut" }, output);

        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        text.ShouldContain("error");
        text.ShouldEndWith("\n\n");
        text.ShouldNotContain("[DONE]");
    }

    [Fact]
    public void Content_frame_allocates_nothing()
    {
        (AnswerStream Stream, string Frame)[] pairs = [(Anthropic(), TextDelta), (Chat(), Chunk("{\"content\":\"hello\"}", ",\"usage\":null")), (Responses(), Event("response.output_text.delta", "\"delta\":\"hello\""))];
        foreach (var (stream, text) in pairs)
        {
            var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, 200)));
            var output = new ArrayBufferWriter<byte>(bytes.Length * 2);
            var framer = new SseFramer();
            var buffer = new ReadOnlySequence<byte>(bytes);
            Pass(framer, ref buffer, stream, output, 100).ShouldBe(100);

            var before = GC.GetAllocatedBytesForCurrentThread();
            var count = Pass(framer, ref buffer, stream, output, 100);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            count.ShouldBe(100);
            allocated.ShouldBe(0);
            output.WrittenCount.ShouldBe(bytes.Length);
        }
    }

    private static int Pass(SseFramer framer, ref ReadOnlySequence<byte> buffer, AnswerStream stream, ArrayBufferWriter<byte> output, int count)
    {
        var read = 0;
        while (read < count && framer.TryRead(ref buffer, out var frame))
        {
            read += stream.Read(frame, output) == Content ? 1 : 0;
        }

        return read;
    }

    private static string Event(string name, string members) => $"event: {name}\ndata: {{\"type\":\"{name}\",{members}}}\n\n";

    private static string Chunk(string delta, string more = "") => $"data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]{more}}}\n\n";

    private static AnswerStream Anthropic() => Open(Request(Dialect.AnthropicMessages, """{"model":"m","stream":true,"messages":[]}"""), Target(UpstreamKind.Claude)).OpenStream();

    private static AnswerStream Responses() => Open(Request(Dialect.OpenAIResponses, """{"model":"m","stream":true,"input":[]}"""), Target(UpstreamKind.Codex)).OpenStream();

    private static AnswerStream Chat(string members = "") => Open(Request(Dialect.OpenAIChat, $$"""{"model":"m",{{members}}"stream":true,"messages":[]}"""), Target(UpstreamKind.Compatible)).OpenStream();
}
