using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.Anthropic;

/// <summary>Writes an answer as Messages events or as one message (spec/wire-protocols.md 1.3, 1.4).</summary>
internal sealed class MessageWriter(ScriptedAnswer answer, string model, long number, bool omitThinking)
{
    private readonly List<Frame> _frames = new(answer.Text.Count + 12);
    private int _index;

    private string Id => $"msg_sandbox_{number:D6}";

    private int Input => answer.Usage.Input - answer.Usage.Cached - answer.Usage.CacheWritten;

    private string StopReason => answer.End switch
    {
        AnswerEnd.ToolCalls => "tool_use",
        AnswerEnd.Refused => "refusal",
        AnswerEnd.Truncated => "max_tokens",
        _ => "end_turn",
    };

    private string StopDetails => answer.End == AnswerEnd.Refused ? """{"type":"refusal","category":null,"explanation":"The sandbox was told to refuse."}""" : "null";

    public IReadOnlyList<Frame> Stream()
    {
        Opening("message_start", $"{{\"type\":\"message_start\",\"message\":{{\"id\":\"{Id}\",\"type\":\"message\",\"role\":\"assistant\",\"model\":{JsonString.Quote(model)},\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{Usage(1)}}}}}");
        if (answer.Thinking is { } thinking)
        {
            Thinking(thinking);
        }

        if (answer.Text.Count > 0)
        {
            Text();
        }

        for (var i = 0; i < answer.Calls.Count; i++)
        {
            Call(i);
        }

        Content("message_delta", $"{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{StopReason}\",\"stop_sequence\":null,\"stop_details\":{StopDetails},\"container\":null}},\"usage\":{Usage(answer.Usage.Output)}}}", FrameRole.Terminal);
        Content("message_stop", """{"type":"message_stop"}""", FrameRole.Terminal);
        return _frames;
    }

    public string Message()
    {
        var blocks = new List<string>();
        if (answer.Thinking is { } thinking)
        {
            blocks.Add($"{{\"type\":\"thinking\",\"thinking\":{JsonString.Quote(omitThinking ? "" : thinking)},\"signature\":\"{ThinkingSignature.Sign(thinking)}\"}}");
        }

        if (answer.Text.Count > 0)
        {
            blocks.Add($"{{\"type\":\"text\",\"text\":{JsonString.Quote(answer.WholeText)},\"citations\":null}}");
        }

        for (var i = 0; i < answer.Calls.Count; i++)
        {
            blocks.Add($"{{\"type\":\"tool_use\",\"id\":\"{CallId(i)}\",\"name\":{JsonString.Quote(answer.Calls[i].Tool.Name)},\"input\":{answer.Calls[i].Input}}}");
        }

        return $"{{\"id\":\"{Id}\",\"type\":\"message\",\"role\":\"assistant\",\"model\":{JsonString.Quote(model)},\"content\":[{string.Join(',', blocks)}],\"stop_reason\":\"{StopReason}\",\"stop_sequence\":null,\"stop_details\":{StopDetails},\"container\":null,\"usage\":{Usage(answer.Usage.Output)}}}";
    }

    public static byte[] Error(InBandError error) =>
        SseText.Event("error", $"{{\"type\":\"error\",\"error\":{{\"type\":{JsonString.Quote(error.Code)},\"message\":{JsonString.Quote(error.Message)}}}}}");

    private void Thinking(string thinking)
    {
        Start("""{"type":"thinking","thinking":"","signature":""}""");
        if (!omitThinking)
        {
            var half = thinking.Length / 2;
            Delta($"{{\"type\":\"thinking_delta\",\"thinking\":{JsonString.Quote(thinking[..half])}}}");
            Delta($"{{\"type\":\"thinking_delta\",\"thinking\":{JsonString.Quote(thinking[half..])}}}");
        }

        Delta($"{{\"type\":\"signature_delta\",\"signature\":\"{ThinkingSignature.Sign(thinking)}\"}}");
        Stop();
    }

    private void Text()
    {
        Start("""{"type":"text","text":""}""");
        Opening("ping", """{"type":"ping"}""");
        string? last = null;
        foreach (var piece in answer.Text)
        {
            if (ReferenceEquals(piece, last) && !answer.UsageEverywhere)
            {
                // scripted streams repeat one string: its frame is encoded once
                _frames.Add(_frames[^1]);
                continue;
            }

            Delta($"{{\"type\":\"text_delta\",\"text\":{JsonString.Quote(piece)}}}");
            last = piece;
            if (answer.UsageEverywhere)
            {
                Content("message_delta", $"{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":null,\"stop_sequence\":null}},\"usage\":{{\"output_tokens\":1}}}}", FrameRole.Content);
            }
        }

        Stop();
    }

    private void Call(int i)
    {
        var call = answer.Calls[i];
        Start($"{{\"type\":\"tool_use\",\"id\":\"{CallId(i)}\",\"name\":{JsonString.Quote(call.Tool.Name)},\"input\":{{}}}}");
        Delta("""{"type":"input_json_delta","partial_json":""}""");
        // a tool without arguments gives only the empty delta
        foreach (var piece in call.Input == "{}" ? [] : call.Pieces)
        {
            Delta($"{{\"type\":\"input_json_delta\",\"partial_json\":{JsonString.Quote(piece)}}}");
        }

        Stop();
    }

    private string CallId(int i) => $"toolu_sandbox_{number:D6}_{i}";

    private string Usage(int output)
    {
        var usage = answer.Usage;
        return $"{{\"input_tokens\":{Input},\"cache_creation_input_tokens\":{usage.CacheWritten},\"cache_read_input_tokens\":{usage.Cached},\"cache_creation\":{{\"ephemeral_5m_input_tokens\":{usage.CacheWritten},\"ephemeral_1h_input_tokens\":0}},\"output_tokens\":{output},\"service_tier\":\"standard\"}}";
    }

    private void Start(string block) => Content("content_block_start", $"{{\"type\":\"content_block_start\",\"index\":{_index},\"content_block\":{block}}}", FrameRole.Content);

    private void Delta(string delta) => Content("content_block_delta", $"{{\"type\":\"content_block_delta\",\"index\":{_index},\"delta\":{delta}}}", FrameRole.Content);

    private void Stop() => Content("content_block_stop", $"{{\"type\":\"content_block_stop\",\"index\":{_index++}}}", FrameRole.Opening);

    private void Opening(string name, string json) => Content(name, json, FrameRole.Opening);

    private void Content(string name, string json, FrameRole role) => _frames.Add(new Frame(SseText.Event(name, json), role));
}
