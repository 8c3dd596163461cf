using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.Compatible;

/// <summary>Writes an answer as Chat chunks or as one completion (spec/wire-protocols.md 2.2, 2.3).</summary>
internal sealed class ChatWriter(ScriptedAnswer answer, string model, long number, long created, bool includeUsage)
{
    private readonly List<Frame> _frames = new(answer.Text.Count + 8);

    private string Head => $"\"id\":\"chatcmpl-sandbox-{number:D6}\",\"created\":{created},\"model\":{JsonString.Quote(model)}";

    private string Finish => answer.End switch
    {
        AnswerEnd.ToolCalls => "\"tool_calls\"",
        AnswerEnd.Refused => "\"content_filter\"",
        AnswerEnd.Truncated => "\"length\"",
        _ => "\"stop\"",
    };

    public IReadOnlyList<Frame> Stream()
    {
        var head = $"{{{Head},\"object\":\"chat.completion.chunk\",\"choices\":";
        var usage = answer.UsageEverywhere ? $",\"usage\":{Usage()}" : includeUsage ? ",\"usage\":null" : string.Empty;
        void Chunk(string delta, string finish, FrameRole role) =>
            _frames.Add(new Frame(SseText.Data($"{head}[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]{usage}}}"), role));

        Chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null", FrameRole.Opening);
        if (answer.Thinking is { } thinking)
        {
            Chunk($"{{\"reasoning_content\":{JsonString.Quote(thinking)}}}", "null", FrameRole.Content);
        }

        if (answer.End == AnswerEnd.Refused)
        {
            Chunk("{\"refusal\":\"I can't help with that.\"}", "null", FrameRole.Content);
        }

        string? last = null;
        foreach (var piece in answer.Text)
        {
            if (ReferenceEquals(piece, last))
            {
                _frames.Add(_frames[^1]);
                continue;
            }

            Chunk($"{{\"content\":{JsonString.Quote(piece)}}}", "null", FrameRole.Content);
            last = piece;
        }

        foreach (var (index, delta) in CallDeltas())
        {
            Chunk($"{{\"tool_calls\":[{{\"index\":{index},{delta}}}]}}", "null", FrameRole.Content);
        }

        Chunk("{}", Finish, FrameRole.Terminal);
        if (includeUsage)
        {
            _frames.Add(new Frame(SseText.Data($"{head}[],\"usage\":{Usage()}}}"), FrameRole.Terminal));
        }

        _frames.Add(new Frame(SseText.Data("[DONE]"), FrameRole.Terminal));
        return _frames;
    }

    public string Completion()
    {
        var calls = answer.Calls.Select((call, i) => $"{{\"id\":\"{CallId(i)}\",{Kind(call)}:{{\"name\":{JsonString.Quote(call.Tool.Name)},\"{Member(call)}\":{JsonString.Quote(call.Input)}}}}}");
        var toolCalls = answer.Calls.Count > 0 ? $",\"tool_calls\":[{string.Join(',', calls)}]" : string.Empty;
        var content = answer.Text.Count > 0 ? JsonString.Quote(answer.WholeText) : "null";
        var refusal = answer.End == AnswerEnd.Refused ? "\"I can't help with that.\"" : "null";
        var thinking = answer.Thinking is null ? string.Empty : $",\"reasoning_content\":{JsonString.Quote(answer.Thinking)}";
        return $"{{{Head},\"object\":\"chat.completion\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":{content},\"refusal\":{refusal},\"annotations\":[]{thinking}{toolCalls}}},\"logprobs\":null,\"finish_reason\":{Finish}}}],\"usage\":{Usage()},\"service_tier\":\"default\"}}";
    }

    public static byte[] Error(InBandError error) =>
        SseText.Data($"{{\"error\":{{\"message\":{JsonString.Quote(error.Message)},\"type\":{JsonString.Quote(error.Code)},\"param\":null,\"code\":{JsonString.Quote(error.Code)}}}}}");

    // first all of call 0, then of call 1 …; interleaved: one delta of each in turn
    private IEnumerable<(int Index, string Delta)> CallDeltas()
    {
        var deltas = answer.Calls.Select((call, i) => DeltasOf(call, i).Select(d => (i, d)).ToArray()).ToArray();
        if (!answer.Interleave)
        {
            return deltas.SelectMany(d => d);
        }

        return Enumerable.Range(0, deltas.Select(d => d.Length).DefaultIfEmpty(0).Max())
            .SelectMany(at => deltas.Where(d => at < d.Length).Select(d => d[at]));
    }

    private IEnumerable<string> DeltasOf(ScriptedCall call, int i)
    {
        var kind = call.Tool.IsCustom ? "custom" : "function";
        yield return $"\"id\":\"{CallId(i)}\",{Kind(call)}:{{\"name\":{JsonString.Quote(call.Tool.Name)},\"{Member(call)}\":\"\"}}";
        foreach (var piece in call.Pieces)
        {
            yield return $"\"{kind}\":{{\"{Member(call)}\":{JsonString.Quote(piece)}}}";
        }
    }

    private static string Kind(ScriptedCall call) => call.Tool.IsCustom ? "\"type\":\"custom\",\"custom\"" : "\"type\":\"function\",\"function\"";

    private static string Member(ScriptedCall call) => call.Tool.IsCustom ? "input" : "arguments";

    private string CallId(int i) => $"call_sandbox_{number:D6}_{i}";

    private string Usage()
    {
        var usage = answer.Usage;
        return $"{{\"prompt_tokens\":{usage.Input},\"completion_tokens\":{usage.Output},\"total_tokens\":{usage.Input + usage.Output},\"prompt_tokens_details\":{{\"cached_tokens\":{usage.Cached}}},\"completion_tokens_details\":{{\"reasoning_tokens\":{usage.Reasoning}}}}}";
    }
}
