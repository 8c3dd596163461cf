using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using static Proxy.Protocol.Exchanges.FrameKind;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>
/// What each event of spec/wire-protocols.md 1.4, 2.3 and 3.3 means to the commit gate while nothing has been said yet:
/// the same whether the frame passes through or is translated. Where a frame says nothing to any other dialect, its
/// translation is noise.
/// </summary>
public sealed class FrameKindTests
{
    private const string MessageStart = """message_start|{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}""";
    private const string TextStart = """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""";
    private const string ThinkingStart = """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""";
    private const string ToolStart = """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}""";
    private const string Created = """response.created|{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"m","status":"in_progress","output":[]}}""";
    private const string MessageAdded = """response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}""";
    private const string ReasoningAdded = """response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}""";
    private const string SearchAdded = """response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"type":"web_search_call","id":"ws_1","status":"in_progress"}}""";

    /// <summary>The frames before, the frame, its kind as it passes through, and as it is translated.</summary>
    public static TheoryData<string[], string, FrameKind, FrameKind> Anthropic => new()
    {
        { [], MessageStart, Handshake, Handshake },
        { [], """ping|{"type":"ping"}""", Noise, Noise },
        { [MessageStart], TextStart, Handshake, Handshake },
        { [MessageStart], ThinkingStart, Handshake, Handshake },
        { [MessageStart], ToolStart, Content, Content },
        { [MessageStart], """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}""", Content, Content },
        { [MessageStart], """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"x"}}""", Content, Content },
        { [MessageStart], """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}}""", Content, Content },
        { [MessageStart], """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}}""", Content, Content },
        { [MessageStart, TextStart], """content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}""", Content, Content },
        { [MessageStart, TextStart], """content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}""", Handshake, Noise },
        { [MessageStart, TextStart], """content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"c"}}}""", Content, Content },
        { [MessageStart, ThinkingStart], """content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"a"}}""", Content, Content },
        { [MessageStart, ThinkingStart], """content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqSig"}}""", Content, Noise },
        { [MessageStart, TextStart], """content_block_stop|{"type":"content_block_stop","index":0}""", Handshake, Handshake },
        { [MessageStart], """message_delta|{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}""", Content, Noise },
        { [MessageStart], """message_stop|{"type":"message_stop"}""", Terminal, Terminal },
        { [MessageStart], """error|{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", Error, Error },
        { [MessageStart], """something_new|{"type":"something_new"}""", Handshake, Noise },
        { [MessageStart], """content_block_delta|{"type":"content_block_delta","index":0,"de""", Error, Error },
    };

    /// <inheritdoc cref="Anthropic"/>
    public static TheoryData<string[], string, FrameKind, FrameKind> Chat => new()
    {
        { [], Chunk("""{"role":"assistant","content":""}"""), Handshake, Handshake },
        { [], Chunk("""{"role":"assistant","content":null}"""), Handshake, Handshake },
        { [], Chunk("""{"role":"assistant","content":"a"}"""), Content, Content },
        { [Chunk("""{"role":"assistant"}""")], Chunk("""{"content":"a"}"""), Content, Content },
        { [Chunk("""{"role":"assistant"}""")], Chunk("""{"content":""}"""), Handshake, Noise },
        { [Chunk("""{"role":"assistant"}""")], Chunk("""{"reasoning_content":"a"}"""), Content, Content },
        { [Chunk("""{"role":"assistant"}""")], Chunk("""{"refusal":"no"}"""), Content, Content },
        { [Chunk("""{"role":"assistant"}""")], Chunk("""{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]}"""), Content, Content },
        { [Chunk("""{"role":"assistant"}""")], """{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""", Content, Noise },
        { [Chunk("""{"role":"assistant"}""")], """{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""", Content, Noise },
        { [Chunk("""{"role":"assistant"}""")], "[DONE]", Terminal, Terminal },
        { [], """{"error":{"message":"Slow down","type":"rate_limit_error","param":null,"code":null}}""", Error, Error },
        { [], """error|{"message":"Slow down"}""", Error, Error },
        { [], """{"code":503,"message":"busy"}""", Error, Error },
        { [], """{"id":"c","cho""", Error, Error },
    };

    /// <inheritdoc cref="Anthropic"/>
    public static TheoryData<string[], string, FrameKind, FrameKind> Responses => new()
    {
        { [], Created, Handshake, Handshake },
        { [Created], """response.in_progress|{"type":"response.in_progress","response":{"id":"resp_1"}}""", Handshake, Noise },
        { [], """response.queued|{"type":"response.queued","response":{"id":"resp_1"}}""", Handshake, Handshake },
        { [Created], """codex.rate_limits|{"type":"codex.rate_limits","limit_reached":true}""", Handshake, Noise },
        { [Created], """codex.response.metadata|{"type":"codex.response.metadata","headers":{}}""", Handshake, Noise },
        { [Created], """keepalive|{"type":"keepalive","sequence_number":3}""", Noise, Noise },
        { [Created], MessageAdded, Handshake, Noise },
        { [Created], ReasoningAdded, Handshake, Noise },
        { [Created], """response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":""}}""", Content, Content },
        { [Created], """response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"type":"custom_tool_call","id":"ctc_1","call_id":"call_1","name":"f","input":""}}""", Content, Content },
        { [Created], SearchAdded, Content, Noise },
        { [Created, MessageAdded], """response.content_part.added|{"type":"response.content_part.added","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}""", Handshake, Handshake },
        { [Created, MessageAdded], """response.output_text.delta|{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"a"}""", Content, Content },
        { [Created, MessageAdded], """response.output_text.delta|{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":""}""", Handshake, Handshake },
        { [Created, MessageAdded], """response.output_text.done|{"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":0,"text":"a"}""", Content, Content },
        { [Created, MessageAdded], """response.content_part.done|{"type":"response.content_part.done","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"a","annotations":[]}}""", Content, Content },
        { [Created, MessageAdded], """response.refusal.delta|{"type":"response.refusal.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"no"}""", Content, Content },
        { [Created, MessageAdded], """response.refusal.done|{"type":"response.refusal.done","item_id":"msg_1","output_index":0,"content_index":0,"refusal":"no"}""", Content, Content },
        { [Created, MessageAdded], """response.output_item.done|{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"a"}]}}""", Content, Content },
        { [Created, ReasoningAdded], """response.reasoning_summary_part.added|{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}""", Handshake, Handshake },
        { [Created, ReasoningAdded], """response.reasoning_summary_text.delta|{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"a"}""", Content, Content },
        { [Created, ReasoningAdded], """response.reasoning_summary_text.done|{"type":"response.reasoning_summary_text.done","item_id":"rs_1","output_index":0,"summary_index":0,"text":"a"}""", Content, Content },
        { [Created, ReasoningAdded], """response.reasoning_text.delta|{"type":"response.reasoning_text.delta","item_id":"rs_1","output_index":0,"content_index":0,"delta":"a"}""", Content, Content },
        { [Created, ReasoningAdded], """response.reasoning_text.done|{"type":"response.reasoning_text.done","item_id":"rs_1","output_index":0,"content_index":0,"text":"a"}""", Content, Content },
        { [Created, ReasoningAdded], """response.output_item.done|{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAA"}}""", Content, Content },
        { [Created], """response.web_search_call.searching|{"type":"response.web_search_call.searching","item_id":"ws_1","output_index":0}""", Content, Noise },
        { [Created], """response.mcp_call_arguments.delta|{"type":"response.mcp_call_arguments.delta","item_id":"mcp_1","output_index":0,"delta":"{}"}""", Content, Noise },
        { [Created], """response.completed|{"type":"response.completed","response":{"id":"resp_1","model":"m","status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":1}}}""", Terminal, Terminal },
        { [Created], """response.incomplete|{"type":"response.incomplete","response":{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[],"usage":null}}""", Terminal, Terminal },
        { [Created], """response.completed|{"type":"response.completed","response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"m"},"output":[]}}""", Error, Error },
        { [Created], """response.failed|{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"server_is_overloaded","message":"busy"}}}""", Error, Error },
        { [Created], """error|{"type":"error","code":"server_error","message":"m","param":null}""", Error, Error },
        { [], """error|{"type":"error","error":{"type":"usage_limit_reached","message":"m"},"status_code":429}""", Error, Error },
    };

    [Theory]
    [MemberData(nameof(Anthropic))]
    public void Anthropic_frame_means_the_same_passed_through_and_translated(string[] before, string frame, FrameKind passed, FrameKind translated) =>
        Check(Dialect.AnthropicMessages, before, frame, passed, translated);

    [Theory]
    [MemberData(nameof(Chat))]
    public void Chat_frame_means_the_same_passed_through_and_translated(string[] before, string frame, FrameKind passed, FrameKind translated) =>
        Check(Dialect.OpenAIChat, before, frame, passed, translated);

    [Theory]
    [MemberData(nameof(Responses))]
    public void Responses_frame_means_the_same_passed_through_and_translated(string[] before, string frame, FrameKind passed, FrameKind translated) =>
        Check(Dialect.OpenAIResponses, before, frame, passed, translated);

    private static void Check(Dialect upstream, string[] before, string frame, FrameKind passed, FrameKind translated)
    {
        (translated == passed || translated == Noise).ShouldBeTrue("a translation may say less, never something else");
        var frames = TranslatedStreams.Sse([.. before, frame]);
        var through = Run(PassThrough(upstream), frames);
        through.Kinds.SkipLast(1).ShouldAllBe(kind => kind == Handshake);
        through.Kinds[^1].ShouldBe(passed);
        foreach (var client in Enum.GetValues<Dialect>().Where(client => client != upstream))
        {
            var kinds = Run(TranslatedStreams.Open(upstream, client), frames).Kinds;
            kinds.SkipLast(1).ShouldAllBe(kind => kind == Handshake || kind == Noise);
            kinds[^1].ShouldBe(translated, client.ToString());
            Run(TranslatedStreams.Open(upstream, client, gather: true), frames).Kinds.ShouldBe(kinds);
        }
    }

    private static AnswerStream PassThrough(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicPassThrough(),
        Dialect.OpenAIChat => new ChatPassThrough(dropUsageChunk: false),
        _ => new ResponsesPassThrough(),
    };

    private static string Chunk(string delta) => $$$"""{"id":"c","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":null}],"usage":null}""";
}
