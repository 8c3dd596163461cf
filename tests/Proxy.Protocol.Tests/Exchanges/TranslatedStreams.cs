using System.Buffers;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>What came of upstream bytes: the client's bytes, the kind of each frame, and whether the answer is complete.</summary>
internal sealed record Streamed(string Output, List<FrameKind> Kinds, bool IsComplete, AnswerStream Stream)
{
    public List<(string Name, string Data)> Frames => Answers.Frames.Parse(Encoding.UTF8.GetBytes(Output));
}

/// <summary>Runs upstream bytes through framing and translation as the relay does.</summary>
internal static class TranslatedStreams
{
    /// <summary>One valid stream per dialect: reasoning, text, two calls, usage.</summary>
    public static string Sample(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => Sse(
            """message_start|{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":10,"output_tokens":1}}}""",
            """content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """ping|{"type":"ping"}""",
            """content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm 😀"}}""",
            """content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqSig"}}""",
            """content_block_stop|{"type":"content_block_stop","index":0}""",
            """content_block_start|{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
            """content_block_delta|{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hé \"x\""}}""",
            """content_block_stop|{"type":"content_block_stop","index":1}""",
            """content_block_start|{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"ls","input":{}}}""",
            """content_block_delta|{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}""",
            """content_block_delta|{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"p\":"}}""",
            """content_block_delta|{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1.10}"}}""",
            """content_block_stop|{"type":"content_block_stop","index":2}""",
            """message_delta|{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7}}""",
            """message_stop|{"type":"message_stop"}"""),
        Dialect.OpenAIChat => Sse(
            """{"id":"c1","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"reasoning_content":"hm 😀"},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"content":"Hé \"x\""},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"ls","arguments":""}}]},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","created":1790000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"p\":1.10}"}}]},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","created":1790000000,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null}""",
            """{"id":"c1","created":1790000000,"model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17}}""",
            "[DONE]"),
        _ => Sse(
            """response.created|{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"m","created_at":1790000000,"status":"in_progress","output":[]}}""",
            """codex.rate_limits|{"type":"codex.rate_limits","limit_reached":true}""",
            """response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAearly"}}""",
            """response.reasoning_summary_part.added|{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}""",
            """response.reasoning_summary_text.delta|{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"hm 😀"}""",
            """response.output_item.done|{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm 😀"}],"encrypted_content":"gAAAAfinal"}}""",
            """response.output_item.added|{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}""",
            """response.content_part.added|{"type":"response.content_part.added","item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}""",
            """response.output_text.delta|{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"Hé \"x\""}""",
            """response.output_text.done|{"type":"response.output_text.done","item_id":"msg_1","output_index":1,"content_index":0,"text":"Hé \"x\""}""",
            """response.content_part.done|{"type":"response.content_part.done","item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","text":"Hé \"x\"","annotations":[]}}""",
            """response.output_item.done|{"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"Hé \"x\""}]}}""",
            """response.output_item.added|{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"ls","arguments":""}}""",
            """response.function_call_arguments.delta|{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"{\"p\":1.10}"}""",
            """response.function_call_arguments.done|{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":2,"arguments":"{\"p\":1.10}"}""",
            """response.output_item.done|{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"ls","arguments":"{\"p\":1.10}"}}""",
            """response.completed|{"type":"response.completed","response":{"id":"resp_1","model":"m","status":"completed","output":[],"usage":{"input_tokens":10,"output_tokens":7}}}"""),
    };

    /// <summary>Frames as bytes on the wire.</summary>
    public static string Sse(params string[] frames)
    {
        var text = new StringBuilder();
        foreach (var frame in Answers.Frames.Of(frames))
        {
            if (!frame.EventName.IsEmpty)
            {
                text.Append("event: ").Append(Encoding.UTF8.GetString(frame.EventName.Span)).Append('\n');
            }

            text.Append("data: ").Append(Encoding.UTF8.GetString(frame.Data.Span)).Append("\n\n");
        }

        return text.ToString();
    }

    public static AnswerStream Open(Dialect from, Dialect to, bool gather = false) =>
        gather ? new GatheredAnswerStream(from, to, Translation.Echo) : new TranslatedAnswerStream(from, to, Translation.Echo);

    public static Streamed Run(AnswerStream stream, byte[] upstream, params int[] cuts)
    {
        using var output = new PooledBufferWriter();
        var kinds = new List<FrameKind>();
        var framer = new SseFramer();
        var rest = ReadOnlySequence<byte>.Empty;
        var at = 0;
        foreach (var cut in cuts.Append(upstream.Length))
        {
            rest = new ReadOnlySequence<byte>([.. rest.ToArray(), .. upstream.AsSpan(at, cut - at)]);
            at = cut;
            while (!stream.IsComplete && stream.Error is null && framer.TryRead(ref rest, out var frame))
            {
                kinds.Add(stream.Read(frame, output));
            }
        }

        var isComplete = stream.Complete(output);
        return new Streamed(Encoding.UTF8.GetString(output.Written.Span), kinds, isComplete, stream);
    }

    public static Streamed Run(Dialect from, Dialect to, string upstream) => Run(Open(from, to), Encoding.UTF8.GetBytes(upstream));
}
