using System.Text;
using System.Text.Json;
using static Proxy.Protocol.Tests.Answers.Grammar;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>One output item of a Responses stream, and which of its events may come next.</summary>
internal sealed class ResponsesGrammarItem
{
    private readonly Liberty _liberty;
    private readonly string _type;
    private readonly string _callId;
    private readonly List<Part> _parts = [];
    private readonly StringBuilder _input = new();
    private bool _isInputDone;

    public ResponsesGrammarItem(JsonElement item, Liberty liberty)
    {
        _liberty = liberty;
        _type = item.SomeTextOf("type");
        Id = item.SomeTextOf("id");
        _callId = IsCall ? item.SomeTextOf("call_id") + item.SomeTextOf("name") : string.Empty;
    }

    private enum PartState
    {
        Open,
        Said,
        Done,
    }

    private sealed class Part(string type)
    {
        public string Type => type;

        public StringBuilder Words { get; } = new();

        public PartState State { get; set; }
    }

    public string Id { get; }

    /// <summary>The item as its last event told it; null while it is open.</summary>
    public string? Final { get; private set; }

    private bool IsCall => _type is "function_call" or "custom_tool_call";

    private bool IsProviders => _liberty.HasFlag(Liberty.Provider);

    private string InputMember => _type == "function_call" ? "arguments" : "input";

    /// <summary>An item that is just added has none of its content.</summary>
    public void CheckFresh(JsonElement item)
    {
        switch (_type)
        {
            case "message":
                Demand(item.TextOf("status") == "in_progress", "a new item is in progress");
                Demand(item.TextOf("role") == "assistant", "role is assistant");
                Demand(item.ArrayOf("content").GetArrayLength() == 0, "a new message is empty");
                break;
            case "reasoning":
                Demand(item.ArrayOf("summary").GetArrayLength() == 0, "new reasoning is empty");
                break;
            case "function_call" or "custom_tool_call":
                Demand(item.TextOf("status") == "in_progress", "a new item is in progress");
                Demand(item.TextOf(InputMember).Length == 0, "a new call has no input");
                break;
            default:
                Demand(IsProviders, "an unknown item: " + _type);
                break;
        }
    }

    /// <summary>The item of an event that tells all of it.</summary>
    public void CheckWhole(JsonElement item)
    {
        switch (_type)
        {
            case "message":
                Demand(item.TextOf("status") == "completed", "a done item is completed");
                Demand(item.TextOf("role") == "assistant", "role is assistant");
                foreach (var part in item.ArrayOf("content").EnumerateArray())
                {
                    CheckPart(part);
                }

                break;
            case "reasoning":
                foreach (var part in item.ArrayOf("summary").EnumerateArray())
                {
                    CheckPart(part);
                }

                Demand(IsProviders || item.Find("encrypted_content", out _), "encrypted_content is missing, and cannot be asked for again");
                if (item.Find("encrypted_content", out _))
                {
                    item.MayBeText("encrypted_content");
                }

                break;
            case "function_call" or "custom_tool_call":
                Demand(item.TextOf("status") == "completed", "a done item is completed");
                item.TextOf(InputMember);
                break;
            default:
                Demand(IsProviders, "an unknown item: " + _type);
                break;
        }
    }

    public void Read(string name, JsonElement json)
    {
        Demand(Final is null, "nothing follows output_item.done, but " + name);
        if (name == "response.output_item.done")
        {
            json.Only("type", "sequence_number", "output_index", "item");
            OnDone(json.ObjectOf("item"));
            return;
        }

        Demand(json.TextOf("item_id") == Id, $"item_id {json.TextOf("item_id")} of item {Id}");
        switch (name)
        {
            case "response.content_part.added":
                Demand(_type == "message", name + " in a " + _type);
                OnPartAdded(json.CountOf("content_index"), json.ObjectOf("part"));
                break;
            case "response.content_part.done":
                OnPartDone(At(json, "content_index"), json.ObjectOf("part"));
                break;
            case "response.output_text.delta":
                json.ArrayOf("logprobs");
                Say(At(json, "content_index"), "output_text", json);
                break;
            case "response.output_text.done":
                json.ArrayOf("logprobs");
                Said(At(json, "content_index"), "output_text", json.TextOf("text"));
                break;
            case "response.output_text.annotation.added":
                json.CountOf("annotation_index");
                json.ObjectOf("annotation").SomeTextOf("type");
                Demand(At(json, "content_index").State == PartState.Open, "an annotation of a part that is done");
                break;
            case "response.refusal.delta":
                Say(At(json, "content_index"), "refusal", json);
                break;
            case "response.refusal.done":
                Said(At(json, "content_index"), "refusal", json.TextOf("refusal"));
                break;
            case "response.reasoning_summary_part.added":
                Demand(_type == "reasoning", name + " in a " + _type);
                OnPartAdded(json.CountOf("summary_index"), json.ObjectOf("part"));
                break;
            case "response.reasoning_summary_part.done":
                OnPartDone(At(json, "summary_index"), json.ObjectOf("part"));
                break;
            case "response.reasoning_summary_text.delta":
                Say(At(json, "summary_index"), "summary_text", json);
                break;
            case "response.reasoning_summary_text.done":
                Said(At(json, "summary_index"), "summary_text", json.TextOf("text"));
                break;
            case "response.function_call_arguments.delta" or "response.custom_tool_call_input.delta":
                CheckCallEvent(name);
                Demand(!_isInputDone, "input after its end");
                _input.Append(json.TextOf("delta"));
                break;
            case "response.function_call_arguments.done" or "response.custom_tool_call_input.done":
                CheckCallEvent(name);
                Demand(!_isInputDone, name + " comes once");
                _isInputDone = true;
                OnInput(json.TextOf(InputMember));
                break;
            default:
                Demand(IsProviders, "an unknown event: " + name);
                break;
        }
    }

    /// <summary>The item byte for byte, but for line ends, which can only stand between tokens.</summary>
    public static string Written(JsonElement item) => item.GetRawText().Replace("\n", string.Empty, StringComparison.Ordinal);

    /// <summary>The words of a part.</summary>
    public static string Words(JsonElement part) => part.TextOf(part.Find("refusal", out _) ? "refusal" : "text");

    private void CheckCallEvent(string name) =>
        Demand(name.Contains("function_call", StringComparison.Ordinal) ? _type == "function_call" : _type == "custom_tool_call", name + " in a " + _type);

    private void OnInput(string whole)
    {
        var told = _input.ToString();
        Demand(whole == told || (told.Length == 0 && (_type == "function_call" && whole == "{}" || IsProviders)), $"the input is {whole}, but the deltas said {told}");
        _input.Clear().Append(whole);
    }

    private Part At(JsonElement json, string index)
    {
        var at = json.CountOf(index);
        Demand(at < _parts.Count, "an event of a part that is not there");
        return _parts[(int)at];
    }

    private void OnPartAdded(long index, JsonElement part)
    {
        Demand(index == _parts.Count, "parts have no gaps");
        Demand(_type != "reasoning" || _parts.TrueForAll(before => before.State == PartState.Done), "the parts of a summary come one after the other");
        CheckPart(part);
        Demand(Words(part).Length == 0, "a new part is empty");
        _parts.Add(new Part(part.TextOf("type")));
    }

    private void Say(Part part, string type, JsonElement json)
    {
        Demand(part.Type == type, $"{type} in a part of {part.Type}");
        Demand(part.State == PartState.Open, "words after the end of their part");
        part.Words.Append(json.TextOf("delta"));
    }

    private static void Said(Part part, string type, string whole)
    {
        Demand(part.Type == type, $"{type} in a part of {part.Type}");
        Demand(part.State == PartState.Open, "the whole text comes once");
        Demand(part.Words.ToString() == whole, $"the part says {whole}, but the deltas said {part.Words}");
        part.State = PartState.Said;
    }

    private void OnPartDone(Part part, JsonElement whole)
    {
        Demand(part.State == PartState.Said, "a part is done after its text, and once");
        CheckPart(whole);
        Demand(whole.TextOf("type") == part.Type && Words(whole) == part.Words.ToString(), "the part is not what was said");
        part.State = PartState.Done;
    }

    private void OnDone(JsonElement done)
    {
        Demand(done.TextOf("id") == Id && done.TextOf("type") == _type, "an item that changed its id or type");
        CheckWhole(done);
        Demand(_parts.TrueForAll(part => part.State == PartState.Done), "a part is still open");
        switch (_type)
        {
            case "message":
                CheckSame(done.ArrayOf("content"));
                break;
            case "reasoning":
                CheckSame(done.ArrayOf("summary"));
                break;
            case "function_call" or "custom_tool_call":
                Demand(_isInputDone, "the input was never done");
                Demand(done.SomeTextOf("call_id") + done.SomeTextOf("name") == _callId, "a call that changed its id or name");
                Demand(done.TextOf(InputMember) == _input.ToString(), "a call that changed its input");
                break;
        }

        Final = Written(done);
    }

    private void CheckSame(JsonElement parts)
    {
        Demand(parts.GetArrayLength() == _parts.Count, "other parts than were told");
        for (var i = 0; i < _parts.Count; i++)
        {
            Demand(parts[i].TextOf("type") == _parts[i].Type && Words(parts[i]) == _parts[i].Words.ToString(), "a part that changed its words");
        }
    }

    private void CheckPart(JsonElement part)
    {
        var type = part.TextOf("type");
        if (_type == "reasoning")
        {
            Demand(type == "summary_text", "a summary of " + type);
            part.TextOf("text");
        }
        else if (type == "output_text")
        {
            part.TextOf("text");
            part.ArrayOf("annotations");
        }
        else
        {
            Demand(type == "refusal", "an unknown part: " + type);
            part.TextOf("refusal");
        }
    }
}
