using System.Text.Json;
using static Proxy.Protocol.Tests.Answers.Grammar;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>A strict reader of Responses streams and response objects, by spec/wire-protocols.md 3.2 and 3.3, on a JSON DOM.</summary>
internal sealed class ResponsesGrammar
{
    /// <summary>The members that the official type does not mark optional.</summary>
    private static readonly string[] Required =
    [
        "id", "object", "created_at", "error", "incomplete_details", "instructions", "metadata", "model", "output",
        "parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p",
    ];

    private readonly AnswerDigest _digest = new();
    private readonly List<ResponsesGrammarItem> _items = [];
    private readonly HashSet<string> _ids = [];
    private readonly Liberty _liberty;
    private string? _identity;
    private long _number = -1;

    private ResponsesGrammar(Liberty liberty) => _liberty = liberty;

    /// <summary>Reads a stream or the beginning of one; whether it came to an end is in the digest.</summary>
    public static AnswerDigest Check(IReadOnlyList<(string Name, string Data)> frames, Liberty liberty = Liberty.None)
    {
        var grammar = new ResponsesGrammar(liberty);
        foreach (var (name, data) in frames)
        {
            grammar.Read(name, Object(data));
        }

        return grammar._digest;
    }

    /// <summary>Reads a whole response object.</summary>
    public static AnswerDigest CheckSingle(JsonElement response, Liberty liberty = Liberty.None)
    {
        var grammar = new ResponsesGrammar(liberty);
        var status = response.TextOf("status");
        OneOf(status, "completed", "incomplete");
        grammar.CheckResponse(response, status);
        CheckUsage(response.ObjectOf("usage"));
        foreach (var item in response.ArrayOf("output").EnumerateArray())
        {
            Demand(grammar._ids.Add(item.SomeTextOf("id")) || liberty.HasFlag(Liberty.Broken), "two items of one id");
            new ResponsesGrammarItem(item, liberty).CheckWhole(item);
        }

        Collect(response, grammar._digest);
        grammar._digest.IsComplete = true;
        return grammar._digest;
    }

    private bool IsProviders => _liberty.HasFlag(Liberty.Provider);

    private bool HasStarted => _identity is not null;

    private void Read(string name, JsonElement json)
    {
        Demand(json.TextOf("type") == name, $"event: {name}, but type: {json.TextOf("type")}");
        Demand(!_digest.IsComplete && !_digest.HasFailed, "nothing follows the terminal event, but " + name);
        if (IsProviders && !name.StartsWith("response.", StringComparison.Ordinal) && name != "error")
        {
            return;
        }

        var number = json.CountOf("sequence_number");
        Demand(IsProviders ? number > _number : number == _number + 1, $"event {number} after event {_number}");
        switch (name)
        {
            case "response.created":
                Demand(!HasStarted, "response.created comes first, and once");
                OnUnderWay(json.ObjectOf("response"));
                break;
            case "response.in_progress" or "response.queued":
                Demand(_number == 0 || IsProviders, "response.in_progress comes second");
                OnUnderWay(json.ObjectOf("response"));
                break;
            case "response.completed" or "response.incomplete":
                Demand(HasStarted, "an end without a start");
                OnEnd(json.ObjectOf("response"), name["response.".Length..]);
                break;
            case "response.failed":
                OnFailed(json.ObjectOf("response"));
                break;
            case "error":
                json.MayBeText("code");
                json.SomeTextOf("message");
                json.MayBeText("param");
                _digest.HasFailed = true;
                break;
            case "response.output_item.added":
                json.Only("type", "sequence_number", "output_index", "item");
                Demand(HasStarted, "an item before the start");
                Demand(json.CountOf("output_index") == _items.Count, "indexes have no gaps");
                OnAdded(json.ObjectOf("item"));
                break;
            default:
                var index = json.CountOf("output_index");
                Demand(index < _items.Count, "an event of an item that is not there");
                _items[(int)index].Read(name, json);
                break;
        }

        _number = number;
    }

    private void OnUnderWay(JsonElement response)
    {
        CheckResponse(response, "in_progress");
        Demand(response.ArrayOf("output").GetArrayLength() == 0, "the output is empty at the start");
        Demand(!response.Find("usage", out var usage) || usage.ValueKind == JsonValueKind.Null, "usage comes at the end");
    }

    private void OnAdded(JsonElement item)
    {
        Demand(_ids.Add(item.SomeTextOf("id")) || _liberty.HasFlag(Liberty.Broken), "two items of one id");
        var added = new ResponsesGrammarItem(item, _liberty);
        added.CheckFresh(item);
        _items.Add(added);
    }

    private void OnEnd(JsonElement response, string status)
    {
        CheckResponse(response, status);
        CheckUsage(response.ObjectOf("usage"));
        var output = response.ArrayOf("output");
        Demand(output.GetArrayLength() == _items.Count, $"{output.GetArrayLength()} items in the output, but {_items.Count} told");
        for (var i = 0; i < _items.Count; i++)
        {
            Demand(_items[i].Final is not null, "an item is still open: " + _items[i].Id);
            var written = ResponsesGrammarItem.Written(output[i]);
            Demand(_items[i].Final == written, $"the output says {written}, but its event said {_items[i].Final}");
        }

        Collect(response, _digest);
        _digest.IsComplete = true;
    }

    private void OnFailed(JsonElement response)
    {
        CheckResponse(response, "failed");
        _digest.HasFailed = true;
    }

    private void CheckResponse(JsonElement response, string status)
    {
        foreach (var member in Required)
        {
            response.Member(member);
        }

        var seen = new HashSet<string>();
        foreach (var member in response.EnumerateObject())
        {
            Demand(seen.Add(member.Name), member.Name + " comes twice");
            Demand(member.Name != "output_text", "output_text is not on the wire (E158)");
        }

        Demand(response.TextOf("object") == "response", "object is response");
        Demand(response.TextOf("status") == status, $"{response.TextOf("status")} instead of {status}");
        var identity = response.SomeTextOf("id") + " " + response.CountOf("created_at") + " " + response.SomeTextOf("model");
        Demand((_identity ??= identity) == identity, $"id, time and model are {identity}, but were {_identity}");
        Demand(response.GetProperty("incomplete_details").ValueKind == JsonValueKind.Object == (status == "incomplete"), "incomplete_details do not fit the status");
        Demand(response.GetProperty("error").ValueKind == JsonValueKind.Object == (status == "failed"), "the error does not fit the status");
        if (status == "incomplete")
        {
            OneOf(response.GetProperty("incomplete_details").TextOf("reason"), "max_output_tokens", "content_filter");
        }
        else if (status == "failed")
        {
            response.GetProperty("error").SomeTextOf("code");
            response.GetProperty("error").SomeTextOf("message");
        }
    }

    private static void CheckUsage(JsonElement usage)
    {
        usage.ObjectOf("input_tokens_details").CountOf("cached_tokens");
        usage.ObjectOf("input_tokens_details").MayCount("cache_write_tokens");
        usage.ObjectOf("output_tokens_details").CountOf("reasoning_tokens");
        Demand(usage.CountOf("total_tokens") == usage.CountOf("input_tokens") + usage.CountOf("output_tokens"), "the total is no sum");
    }

    /// <summary>What a response object holds.</summary>
    public static AnswerDigest Collect(JsonElement response, AnswerDigest digest)
    {
        digest.Stop = response.TextOf("status");
        if (response.Member("incomplete_details") is { ValueKind: JsonValueKind.Object } details)
        {
            digest.Stop += "/" + details.TextOf("reason");
        }

        foreach (var item in response.ArrayOf("output").EnumerateArray())
        {
            switch (item.TextOf("type"))
            {
                case "message":
                    foreach (var part in item.ArrayOf("content").EnumerateArray())
                    {
                        (part.Find("refusal", out _) ? digest.Refusal : digest.Text).Append(ResponsesGrammarItem.Words(part));
                    }

                    break;
                case "reasoning":
                    digest.Reasoning.AppendJoin("\n\n", item.ArrayOf("summary").EnumerateArray().Select(ResponsesGrammarItem.Words));
                    if (item.Find("encrypted_content", out var carried) && carried.ValueKind == JsonValueKind.String)
                    {
                        Carry(Text(carried), digest);
                    }

                    break;
                case "function_call":
                    digest.Calls.Add((item.TextOf("name"), item.TextOf("arguments")));
                    break;
                case "custom_tool_call":
                    digest.Calls.Add((item.TextOf("name"), item.TextOf("input")));
                    break;
                case "web_search_call":
                    digest.Searches.Add(item.Find("action", out var action) && action.Find("query", out var query) ? Text(query) : string.Empty);
                    break;
            }
        }

        return digest;
    }

    private static void Carry(string carried, AnswerDigest digest)
    {
        const string Marker = "claude-redacted-thinking:";
        (carried.StartsWith(Marker, StringComparison.Ordinal) ? digest.Redacted : digest.Signatures).Add(carried.Replace(Marker, "", StringComparison.Ordinal));
    }
}
