using System.Globalization;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>The Codex backend (spec/wire-protocols.md 3.2, 3.3, 5): items by output_index, open side by side, private events between, and an output that may be empty at the end.</summary>
internal sealed class ResponsesProvider : Provider
{
    private readonly List<string> _done = [];
    private readonly List<Call> _waiting = [];
    private readonly bool _isObfuscated;
    private int _items;
    private int _number;

    public ResponsesProvider(Dice dice, Script script, bool isSloppy)
        : base(dice, script, isSloppy)
    {
        _isObfuscated = dice.Once(4);
        Event("response.created", "\"response\":" + Response("in_progress", "[]", "null"));
        if (!isSloppy || dice.Once(2))
        {
            Event("response.in_progress", "\"response\":" + Response("in_progress", "[]", "null"));
        }

        foreach (var part in script.Parts)
        {
            if (part is Call call)
            {
                _waiting.Add(call);
                continue;
            }

            CallTools();
            Tell(part);
        }

        CallTools();
        var usage = """{"input_tokens":10,"input_tokens_details":{"cached_tokens":3},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":17}""";
        var output = "[" + string.Join(',', _done) + "]";
        var status = script.Ending == Ending.Stop ? "completed" : "incomplete";
        Event("response." + status, "\"response\":" + Response(status, dice.Once(3) ? "[]" : output, isSloppy && dice.Once(3) ? """{"input_tokens":10,"output_tokens":7,"total_tokens":17}""" : usage));
        Single = Response(status, output, usage);
    }

    /// <inheritdoc />
    public override string Single { get; }

    /// <inheritdoc />
    public override string Refusal => Script.Joined<Refusal>(refusal => refusal.Words);

    /// <inheritdoc />
    public override IReadOnlyList<string> Searches => [.. Script.Parts.OfType<Search>().Select(search => search.Query)];

    private void Tell(Part part)
    {
        switch (part)
        {
            case Speech speech:
                Say("output_text", speech.Words);
                break;
            case Refusal refusal:
                Say("refusal", refusal.Words);
                break;
            case Thought thought:
                Think(thought);
                break;
            case HiddenThought hidden:
                var id = $"rs_{_items}";
                Item(id, "\"type\":\"reasoning\",\"summary\":[]", $"\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"{hidden.Data}\"", () => { });
                break;
            case Search search:
                Look(search);
                break;
        }
    }

    private void Say(string type, string words)
    {
        var at = Number(_items);
        var id = $"msg_{_items}";
        var member = type == "refusal" ? "refusal" : "text";
        var where = $"\"item_id\":\"{id}\",\"output_index\":{at},\"content_index\":0";
        var whole = Part(type, Quote(words));
        var logprobs = type == "refusal" ? string.Empty : ",\"logprobs\":[]";
        var said = type == "refusal" ? "response.refusal" : "response.output_text";
        var tellsPieces = !IsSloppy || !Dice.Once(6);
        var tellsParts = !IsSloppy || (tellsPieces && !Dice.Once(4));
        Item(id, "\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]", $"\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{whole}]", () =>
        {
            if (tellsParts)
            {
                Event("response.content_part.added", $"{where},\"part\":{Part(type, "\"\"")}");
            }

            foreach (var piece in tellsPieces ? Dice.Pieces(words) : [])
            {
                Event(said + ".delta", $"{where},\"delta\":{Quote(piece)}{logprobs}{(_isObfuscated ? ",\"obfuscation\":\"xyz\"" : string.Empty)}");
            }

            if (tellsParts)
            {
                Event(said + ".done", $"{where},\"{member}\":{Quote(words)}{logprobs}");
                Event("response.content_part.done", $"{where},\"part\":{whole}");
            }
        });
    }

    private void Think(Thought thought)
    {
        var id = $"rs_{_items}";
        var at = Number(_items);
        var parts = string.Join(',', thought.Parts.Select(words => "{\"type\":\"summary_text\",\"text\":" + Quote(words) + "}"));
        var sealing = thought.Signature is null ? string.Empty : $",\"encrypted_content\":\"{thought.Signature}\"";
        var early = thought.Signature is null || Dice.Once(2) ? string.Empty : ",\"encrypted_content\":\"early\"";
        Item(id, "\"type\":\"reasoning\",\"summary\":[]" + early, $"\"type\":\"reasoning\",\"summary\":[{parts}]{sealing}", () =>
        {
            for (var i = 0; i < thought.Parts.Count; i++)
            {
                var where = $"\"item_id\":\"{id}\",\"output_index\":{at},\"summary_index\":{Number(i)}";
                Event("response.reasoning_summary_part.added", where + ",\"part\":{\"type\":\"summary_text\",\"text\":\"\"}");
                foreach (var piece in Dice.Pieces(thought.Parts[i]))
                {
                    Event("response.reasoning_summary_text.delta", $"{where},\"delta\":{Quote(piece)}");
                }

                Event("response.reasoning_summary_text.done", $"{where},\"text\":{Quote(thought.Parts[i])}");
                Event("response.reasoning_summary_part.done", where + ",\"part\":{\"type\":\"summary_text\",\"text\":" + Quote(thought.Parts[i]) + "}");
            }
        });
    }

    private void Look(Search search)
    {
        var id = "ws_" + search.Id;
        var where = $"\"item_id\":\"{id}\",\"output_index\":{Number(_items)}";
        var sources = string.Join(',', search.Urls.Select(url => "{\"type\":\"url\",\"url\":\"" + url + "\"}"));
        Item(id, "\"type\":\"web_search_call\",\"status\":\"in_progress\"", $$"""
            "type":"web_search_call","status":"completed","action":{"type":"search","query":{{Quote(search.Query)}},"sources":[{{sources}}]}
            """.Trim(), () =>
        {
            Event("response.web_search_call.in_progress", where);
            Event("response.web_search_call.searching", where);
            Event("response.web_search_call.completed", where);
        });
    }

    /// <summary>Calls that stand side by side may be told side by side.</summary>
    private void CallTools()
    {
        var calls = _waiting.ToArray();
        _waiting.Clear();
        var interleaves = calls.Length > 1 && Dice.Once(2);
        if (!interleaves)
        {
            foreach (var call in calls)
            {
                var (begin, pieces, end) = Steps(call, _items++);
                begin();
                pieces.ForEach(piece => piece());
                end();
            }

            return;
        }

        var open = calls.Select(call => Steps(call, _items++)).ToList();
        open.ForEach(call => call.Begin());
        var queues = open.Select(call => new Queue<Action>(call.Pieces)).ToList();
        while (queues.Exists(queue => queue.Count > 0))
        {
            if (queues[Dice.Next(queues.Count)].TryDequeue(out var piece))
            {
                piece();
            }
        }

        open.ForEach(call => call.End());
    }

    private (Action Begin, List<Action> Pieces, Action End) Steps(Call call, int index)
    {
        var at = Number(index);
        var id = $"fc_{index}";
        var where = $"\"item_id\":\"{id}\",\"output_index\":{at}";
        var name = $",\"name\":\"{call.Name}\"";
        var isLate = IsSloppy && Dice.Once(4);
        var done = $$"""{"id":"{{id}}","type":"function_call","status":"completed","call_id":"{{call.Id}}"{{name}},"arguments":{{Quote(call.Arguments)}}}""";
        var pieces = new List<Action>();
        foreach (var piece in IsSloppy && Dice.Once(5) ? [] : Dice.Pieces(call.Arguments))
        {
            pieces.Add(() => Event("response.function_call_arguments.delta", $"{where},\"delta\":{Quote(piece)}"));
        }

        return (Begin, pieces, End);

        void Begin() => Event("response.output_item.added", $$"""
            "output_index":{{at}},"item":{"id":"{{id}}","type":"function_call","status":"in_progress","call_id":"{{call.Id}}"{{(isLate ? string.Empty : name)}},"arguments":""}
            """.Trim());

        void End()
        {
            Event("response.function_call_arguments.done", $"{where},\"arguments\":{Quote(call.Arguments)}");
            Event("response.output_item.done", $"\"output_index\":{at},\"item\":{done}");
            _done.Add(done);
        }
    }

    private void Item(string id, string fresh, string whole, Action inside)
    {
        var at = Number(_items++);
        if (!IsSloppy || !Dice.Once(8))
        {
            Event("response.output_item.added", $"\"output_index\":{at},\"item\":{{\"id\":\"{id}\",{fresh}}}");
        }

        inside();
        var done = $"{{\"id\":\"{id}\",{whole}}}";
        Event("response.output_item.done", $"\"output_index\":{at},\"item\":{done}");
        _done.Add(done);
    }

    private static string Part(string type, string quoted) =>
        type == "refusal" ? $"{{\"type\":\"refusal\",\"refusal\":{quoted}}}" : $"{{\"type\":\"output_text\",\"text\":{quoted},\"annotations\":[],\"logprobs\":[]}}";

    private string Response(string status, string output, string usage)
    {
        var details = status == "incomplete" ? $"{{\"reason\":\"{(Script.Ending == Ending.Length ? "max_output_tokens" : "content_filter")}\"}}" : "null";
        return $$"""
            {"id":"resp_1","object":"response","created_at":1790000000,"status":"{{status}}","background":false,"error":null,"incomplete_details":{{details}},"instructions":null,"max_output_tokens":null,"model":"up-model","output":{{output}},"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":"medium","summary":null},"store":false,"temperature":1,"text":{"format":{"type":"text"} },"tool_choice":"auto","tools":[],"top_p":1,"truncation":"disabled","usage":{{usage}},"user":null,"metadata":{} }
            """.Trim();
    }

    private void Event(string type, string members)
    {
        if (Dice.Once(15) && type != "response.created")
        {
            Add("codex.rate_limits", """{"type":"codex.rate_limits","limit_reached":true,"primary":{"used_percent":1}}""");
        }

        if (Dice.Once(40) && type != "response.created")
        {
            Add("keepalive", """{"type":"keepalive"}""");
        }

        Add(IsSloppy && Dice.Once(10) ? string.Empty : type, $"{{\"type\":\"{type}\",\"sequence_number\":{Number(_number++)},{members}}}");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
