using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>The self-made vectors of spec/protocols.md 16 that concern answers.</summary>
public class VectorTests
{
    [Fact]
    public void V2_interleaved_parallel_calls_become_sequential_blocks()
    {
        var frames = Translation.Stream(
            Dialect.OpenAIResponses,
            Dialect.AnthropicMessages,
            """{"type":"response.created","response":{"id":"r1","model":"m"}}""",
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs1"}}""",
            """{"type":"response.reasoning_summary_part.added","item_id":"rs1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}""",
            """{"type":"response.reasoning_summary_text.delta","item_id":"rs1","output_index":0,"summary_index":0,"delta":"think"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs1","summary":[{"type":"summary_text","text":"think"}],"encrypted_content":"gAAAA-made-up"}}""",
            """{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"fc1","call_id":"c1","name":"a","arguments":""}}""",
            """{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc2","call_id":"c2","name":"b","arguments":""}}""",
            """{"type":"response.function_call_arguments.delta","item_id":"fc1","output_index":1,"delta":"{\"x\":"}""",
            """{"type":"response.function_call_arguments.delta","item_id":"fc2","output_index":2,"delta":"{\"y\":2}"}""",
            """{"type":"response.function_call_arguments.delta","item_id":"fc1","output_index":1,"delta":"1}"}""",
            """{"type":"response.function_call_arguments.done","item_id":"fc1","output_index":1,"arguments":"{\"x\":1}"}""",
            """{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"fc1","call_id":"c1","name":"a","arguments":"{\"x\":1}"}}""",
            """{"type":"response.function_call_arguments.done","item_id":"fc2","output_index":2,"arguments":"{\"y\":2}"}""",
            """{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"fc2","call_id":"c2","name":"b","arguments":"{\"y\":2}"}}""",
            """{"type":"response.completed","response":{"id":"r1","status":"completed","output":[],"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":40},"output_tokens":9}}}""");

        frames.Select(frame => frame.Data).ShouldBe(
        [
            """{"type":"message_start","message":{"id":"r1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"think"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"gAAAA-made-up"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"c1","name":"a","input":{}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"x\":"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"1}"}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"c2","name":"b","input":{}}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"y\":2}"}}""",
            """{"type":"content_block_stop","index":2}""",
            """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":60,"cache_read_input_tokens":40,"output_tokens":9}}""",
            """{"type":"message_stop"}""",
        ]);
        frames.ShouldAllBe(frame => Frames.Json(frame.Data).GetProperty("type").GetString() == frame.Name);
    }

    [Fact]
    public void V3_cached_input_counts_as_prompt_for_chat_clients()
    {
        var frames = Translation.Stream(
            Dialect.AnthropicMessages,
            Dialect.OpenAIChat,
            """{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":20,"output_tokens":1}}}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}""",
            """{"type":"message_stop"}""");

        Frames.Json(frames[^2].Data).GetProperty("usage").GetRawText().ShouldBe(
            """{"prompt_tokens":35,"completion_tokens":7,"total_tokens":42,"prompt_tokens_details":{"cached_tokens":20,"cache_write_tokens":5}}""");
        frames[^1].Data.ShouldBe("[DONE]");
    }

    [Fact]
    public void V5_usage_after_the_finish_reaches_message_delta()
    {
        var frames = Translation.Stream(
            Dialect.OpenAIChat,
            Dialect.AnthropicMessages,
            """{"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}""",
            """{"id":"c1","model":"m","choices":[],"usage":{"prompt_tokens":8,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens":2}}""",
            "[DONE]");

        frames.Select(frame => frame.Data).Skip(1).ShouldBe(
        [
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":5,"cache_read_input_tokens":3,"output_tokens":2}}""",
            """{"type":"message_stop"}""",
        ]);
    }
}
