using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>Writes an answer as Responses events (spec/wire-protocols.md 3.2, 3.3).</summary>
internal sealed class ResponsesWriter(ScriptedAnswer answer, string model, string account, long number, long created, bool emptyOutput, bool hasEncrypted)
{
    private readonly List<Frame> _frames = new(answer.Text.Count + 24);
    private readonly List<string> _done = [];
    private int _sequence;
    private int _outputIndex;

    private string Id => $"resp_sandbox_{number:D6}";

    public IReadOnlyList<Frame> Stream()
    {
        Add("response.created", $"\"response\":{Response("in_progress", "", null)}", FrameRole.Opening);
        Add("response.in_progress", $"\"response\":{Response("in_progress", "", null)}", FrameRole.Opening);
        if (answer.Thinking is { } thinking)
        {
            Reasoning(thinking);
        }

        if (answer.End == AnswerEnd.Refused)
        {
            Message("refusal", ["I can't help with that. ", AnswerPlanner.Marker(account)]);
        }
        else if (answer.Text.Count > 0)
        {
            Message("output_text", answer.Text);
        }

        Calls();
        var (type, status) = answer.End == AnswerEnd.Truncated ? ("response.incomplete", "incomplete") : ("response.completed", "completed");
        Add(type, $"\"response\":{Response(status, emptyOutput ? "" : string.Join(',', _done), Usage())}", FrameRole.Terminal);
        return _frames;
    }

    public static byte[] Error(InBandError error)
    {
        var body = $"{{\"type\":{JsonString.Quote(error.Code)},\"code\":{JsonString.Quote(error.Code)},\"message\":{JsonString.Quote(error.Message)}}}";
        return error.Status is { } status
            ? SseText.Event("error", $"{{\"type\":\"error\",\"error\":{body},\"status_code\":{status}}}")
            : SseText.Event("response.failed", $"{{\"type\":\"response.failed\",\"response\":{{\"id\":\"resp_sandbox_failed\",\"object\":\"response\",\"status\":\"failed\",\"error\":{{\"code\":{JsonString.Quote(error.Code)},\"message\":{JsonString.Quote(error.Message)}}},\"incomplete_details\":null,\"output\":[],\"usage\":null}}}}");
    }

    private void Reasoning(string thinking)
    {
        var id = $"rs_sandbox_{number:D6}_{_outputIndex}";
        var encrypted = hasEncrypted ? $",\"encrypted_content\":\"{EncryptedReasoning.Make(account, number, _outputIndex)}\"" : string.Empty;
        var at = $"\"item_id\":\"{id}\",\"output_index\":{_outputIndex},\"summary_index\":0";
        Added($"{{\"id\":\"{id}\",\"type\":\"reasoning\",\"summary\":[]{encrypted}}}");
        Add("response.reasoning_summary_part.added", $"{at},\"part\":{{\"type\":\"summary_text\",\"text\":\"\"}}", FrameRole.Opening);
        var half = thinking.Length / 2;
        foreach (var piece in (string[])[thinking[..half], thinking[half..]])
        {
            Add("response.reasoning_summary_text.delta", $"{at},\"delta\":{JsonString.Quote(piece)}", FrameRole.Content);
        }

        Add("response.reasoning_summary_text.done", $"{at},\"text\":{JsonString.Quote(thinking)}", FrameRole.Opening);
        Add("response.reasoning_summary_part.done", $"{at},\"part\":{{\"type\":\"summary_text\",\"text\":{JsonString.Quote(thinking)}}}", FrameRole.Opening);
        Done($"{{\"id\":\"{id}\",\"type\":\"reasoning\",\"summary\":[{{\"type\":\"summary_text\",\"text\":{JsonString.Quote(thinking)}}}]{encrypted}}}");
    }

    private void Message(string part, IReadOnlyList<string> pieces)
    {
        var id = $"msg_sandbox_{number:D6}_{_outputIndex}";
        var at = $"\"item_id\":\"{id}\",\"output_index\":{_outputIndex},\"content_index\":0";
        var (member, extra, deltaExtra) = part == "refusal" ? ("refusal", "", "") : ("text", ",\"annotations\":[],\"logprobs\":[]", ",\"logprobs\":[]");
        var name = part == "refusal" ? "response.refusal" : "response.output_text";
        Added($"{{\"id\":\"{id}\",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}");
        Add("response.content_part.added", $"{at},\"part\":{{\"type\":\"{part}\",\"{member}\":\"\"{extra}}}", FrameRole.Opening);
        var delta = name + ".delta";
        string? last = null;
        var quoted = string.Empty;
        foreach (var piece in pieces)
        {
            quoted = ReferenceEquals(piece, last) ? quoted : JsonString.Quote(piece);
            last = piece;
            Add(delta, $"{at},\"delta\":{quoted}{deltaExtra}", FrameRole.Content);
        }

        var whole = JsonString.Quote(string.Concat(pieces));
        Add(name + ".done", $"{at},\"{member}\":{whole}{deltaExtra}", FrameRole.Opening);
        Add("response.content_part.done", $"{at},\"part\":{{\"type\":\"{part}\",\"{member}\":{whole}{extra}}}", FrameRole.Opening);
        var status = answer.End == AnswerEnd.Truncated ? "incomplete" : "completed";
        Done($"{{\"id\":\"{id}\",\"type\":\"message\",\"status\":\"{status}\",\"role\":\"assistant\",\"content\":[{{\"type\":\"{part}\",\"{member}\":{whole}{extra}}}]}}");
    }

    private void Calls()
    {
        var first = _outputIndex;
        var open = answer.Calls.Select((call, i) => new OpenCall(call, first + i, number)).ToArray();
        if (!answer.Interleave)
        {
            foreach (var call in open)
            {
                AddedAt(call.Index, call.Item("in_progress", ""));
                foreach (var piece in call.Call.Pieces)
                {
                    CallDelta(call, piece);
                }

                CallDone(call);
            }

            return;
        }

        foreach (var call in open)
        {
            AddedAt(call.Index, call.Item("in_progress", ""));
        }

        for (var i = 0; i < open.Select(o => o.Call.Pieces.Count).DefaultIfEmpty(0).Max(); i++)
        {
            foreach (var call in open.Where(o => i < o.Call.Pieces.Count))
            {
                CallDelta(call, call.Call.Pieces[i]);
            }
        }

        foreach (var call in open)
        {
            CallDone(call);
        }
    }

    private void CallDelta(OpenCall call, string piece) =>
        Add($"response.{call.Event}.delta", $"\"item_id\":\"{call.Id}\",\"output_index\":{call.Index},\"delta\":{JsonString.Quote(piece)}", FrameRole.Content);

    private void CallDone(OpenCall call)
    {
        Add($"response.{call.Event}.done", $"\"item_id\":\"{call.Id}\",\"output_index\":{call.Index},\"{call.Member}\":{JsonString.Quote(call.Call.Input)}", FrameRole.Opening);
        var item = call.Item("completed", call.Call.Input);
        _done.Add(item);
        Add("response.output_item.done", $"\"output_index\":{call.Index},\"item\":{item}", FrameRole.Opening);
    }

    private void Added(string item) => AddedAt(_outputIndex, item);

    private void AddedAt(int index, string item) => Add("response.output_item.added", $"\"output_index\":{index},\"item\":{item}", FrameRole.Content);

    private void Done(string item)
    {
        _done.Add(item);
        Add("response.output_item.done", $"\"output_index\":{_outputIndex++},\"item\":{item}", FrameRole.Opening);
    }

    private void Add(string type, string members, FrameRole role) =>
        _frames.Add(new Frame(SseText.Event(type, $"{{\"type\":\"{type}\",\"sequence_number\":{_sequence++},{members}}}"), role));

    private string Usage()
    {
        var usage = answer.Usage;
        return $"{{\"input_tokens\":{usage.Input},\"input_tokens_details\":{{\"cached_tokens\":{usage.Cached}}},\"output_tokens\":{usage.Output},\"output_tokens_details\":{{\"reasoning_tokens\":{usage.Reasoning}}},\"total_tokens\":{usage.Input + usage.Output}}}";
    }

    private string Response(string status, string output, string? usage)
    {
        var incomplete = status == "incomplete" ? "{\"reason\":\"max_output_tokens\"}" : "null";
        return $"{{\"id\":\"{Id}\",\"object\":\"response\",\"created_at\":{created},\"status\":\"{status}\",\"background\":false,\"error\":null,\"incomplete_details\":{incomplete},\"instructions\":null,\"max_output_tokens\":null,\"model\":{JsonString.Quote(model)},\"output\":[{output}],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"reasoning\":{{\"effort\":\"medium\",\"summary\":null}},\"service_tier\":\"default\",\"store\":false,\"temperature\":1.0,\"text\":{{\"format\":{{\"type\":\"text\"}}}},\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":{usage ?? "null"},\"user\":null,\"metadata\":{{}}}}";
    }

    private sealed record OpenCall(ScriptedCall Call, int Index, long Number)
    {
        public string Event => Call.Tool.IsCustom ? "custom_tool_call_input" : "function_call_arguments";

        public string Member => Call.Tool.IsCustom ? "input" : "arguments";

        public string Id => $"{(Call.Tool.IsCustom ? "ctc" : "fc")}_sandbox_{Number:D6}_{Index}";

        public string Item(string status, string input)
        {
            var ns = Call.Tool.Namespace is { } name ? $",\"namespace\":{JsonString.Quote(name)}" : string.Empty;
            return $"{{\"id\":\"{Id}\",\"type\":\"{(Call.Tool.IsCustom ? "custom_tool_call" : "function_call")}\",\"status\":\"{status}\",\"{Member}\":{JsonString.Quote(input)},\"call_id\":\"call_sandbox_{Number:D6}_{Index}\",\"name\":{JsonString.Quote(Call.Tool.Name)}{ns}}}";
        }
    }
}
