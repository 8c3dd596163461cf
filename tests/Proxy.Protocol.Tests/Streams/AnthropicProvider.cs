using System.Globalization;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>Claude (spec/wire-protocols.md 1.3, 1.4): blocks one after the other, pings, searches of its own, cumulative usage.</summary>
internal sealed class AnthropicProvider : Provider
{
    private readonly List<string> _content = [];
    private int _index;

    public AnthropicProvider(Dice dice, Script script, bool isSloppy)
        : base(dice, script, isSloppy)
    {
        Event("message_start", """
            "message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2},"output_tokens":1,"service_tier":"standard"}}
            """.Trim());
        foreach (var part in script.Parts)
        {
            Tell(part);
        }

        if (dice.Once(6))
        {
            Event("message_delta", """
                "delta":{"stop_reason":"pause_turn","stop_sequence":null},"usage":{"output_tokens":9}
                """.Trim());
        }

        var (reason, sequence) = Stop();
        Event("message_delta", $$$"""
            "delta":{"stop_reason":"{{{reason}}}","stop_sequence":{{{sequence}}},"stop_details":null,"container":null},"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":57,"output_tokens_details":{"thinking_tokens":5} }
            """.Trim());
        Event("message_stop", string.Empty);
        Single = $$$"""{"id":"msg_01","type":"message","role":"assistant","model":"claude-x","content":[{{{string.Join(',', _content)}}}],"stop_reason":"{{{reason}}}","stop_sequence":{{{sequence}}},"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":null,"output_tokens":57}}""";
    }

    /// <inheritdoc />
    public override string Single { get; }

    /// <inheritdoc />
    public override string Text => string.Concat(Script.Parts.Select(part => part switch { Speech speech => speech.Words, Refusal refusal => refusal.Words, _ => string.Empty }));

    /// <inheritdoc />
    public override string Reasoning => Script.Joined<Thought>(thought => string.Concat(thought.Parts));

    /// <inheritdoc />
    public override IReadOnlyList<string> Searches => [.. Script.Parts.OfType<Search>().Select(search => search.Query)];

    private (string Reason, string Sequence) Stop() => Script.Ending switch
    {
        Ending.Length => (Dice.Of("max_tokens", "model_context_window_exceeded"), "null"),
        Ending.Filter => ("refusal", "null"),
        _ when Script.Calls.Any() => ("tool_use", "null"),
        _ => Dice.Of(("end_turn", "null"), ("stop_sequence", "\"END\""), ("pause_turn", "null")),
    };

    private void Tell(Part part)
    {
        switch (part)
        {
            case Speech speech:
                Say(speech.Words);
                break;
            case Refusal refusal:
                Say(refusal.Words);
                break;
            case Thought thought:
                Think(string.Concat(thought.Parts), thought.Signature ?? "EqSigned");
                break;
            case HiddenThought hidden:
                Whole($$"""{"type":"redacted_thinking","data":"{{hidden.Data}}"}""");
                break;
            case Call call:
                Input("tool_use", call.Id, call.Name, call.Arguments);
                break;
            case Search search:
                Input("server_tool_use", "srv" + search.Id, "web_search", "{\"query\":" + Quote(search.Query) + "}");
                var pages = search.Urls.Select(url => $$"""{"type":"web_search_result","title":"a page","url":"{{url}}","encrypted_content":"enc","page_age":null}""");
                Whole(Dice.Once(4)
                    ? $$$"""{"type":"web_search_tool_result","tool_use_id":"srv{{{search.Id}}}","content":{"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}}"""
                    : $$"""{"type":"web_search_tool_result","tool_use_id":"srv{{search.Id}}","content":[{{string.Join(',', pages)}}]}""");
                break;
        }
    }

    private void Say(string words)
    {
        _content.Add("{\"type\":\"text\",\"text\":" + Quote(words) + ",\"citations\":null}");
        Start("{\"type\":\"text\",\"text\":\"\"}");
        foreach (var piece in Dice.Pieces(words))
        {
            Delta("{\"type\":\"text_delta\",\"text\":" + Quote(piece) + "}");
        }

        if (Dice.Once(4))
        {
            Delta("""{"type":"citations_delta","citation":{"type":"web_search_result_location","cited_text":"x","url":"https://example.com","title":"t","encrypted_index":"e"}}""");
        }

        End();
    }

    private void Think(string words, string signature)
    {
        _content.Add("{\"type\":\"thinking\",\"thinking\":" + Quote(words) + ",\"signature\":" + Quote(signature) + "}");
        Start("""{"type":"thinking","thinking":"","signature":""}""");
        foreach (var piece in Dice.Pieces(words))
        {
            Delta("{\"type\":\"thinking_delta\",\"thinking\":" + Quote(piece) + "}");
        }

        Delta("{\"type\":\"signature_delta\",\"signature\":" + Quote(signature) + "}");
        End();
    }

    private void Input(string type, string id, string name, string arguments)
    {
        _content.Add($$"""{"type":"{{type}}","id":"{{id}}","name":"{{name}}","input":{{arguments}}}""");
        if (IsSloppy && Dice.Once(4) && arguments != "{}")
        {
            Start($$"""{"type":"{{type}}","id":"{{id}}","name":"{{name}}","input":{{arguments}}}""");
            End();
            return;
        }

        Start($$$"""{"type":"{{{type}}}","id":"{{{id}}}","name":"{{{name}}}","input":{}}""");
        Delta("""{"type":"input_json_delta","partial_json":""}""");
        foreach (var piece in arguments == "{}" && Dice.Once(2) ? [] : Dice.Pieces(arguments))
        {
            Delta("{\"type\":\"input_json_delta\",\"partial_json\":" + Quote(piece) + "}");
        }

        End();
    }

    private void Whole(string block)
    {
        _content.Add(block);
        Start(block);
        End();
    }

    private void Start(string block) => Event("content_block_start", $"\"index\":{At},\"content_block\":{block}");

    private void Delta(string delta) => Event("content_block_delta", $"\"index\":{At},\"delta\":{delta}");

    private void End()
    {
        Event("content_block_stop", $"\"index\":{At}");
        _index++;
    }

    private string At => _index.ToString(CultureInfo.InvariantCulture);

    private void Event(string type, string members)
    {
        if (Dice.Once(12) && type != "message_start")
        {
            Add("ping", """{"type": "ping"}""");
        }

        if (Dice.Once(40) && type != "message_start")
        {
            Add("made_up", """{"type":"made_up","index":0,"delta":{"text":"no"}}""");
        }

        var data = "{\"type\":\"" + type + "\"" + (members.Length > 0 ? "," + members : string.Empty) + "}";
        Add(IsSloppy && Dice.Once(10) ? string.Empty : type, data);
    }
}
