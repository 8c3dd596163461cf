using System.Text;
using System.Text.Json;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>A strict reader of a Responses stream, by spec/wire-protocols.md 3.2 and 3.3, on a JSON DOM.</summary>
internal static class ResponsesGrammar
{
    private static readonly string[] Required =
    [
        "id", "object", "created_at", "error", "incomplete_details", "instructions", "metadata", "model", "output",
        "parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p",
    ];

    private sealed class Item
    {
        public required string Type { get; init; }

        public required string Id { get; init; }

        public Dictionary<int, StringBuilder> Parts { get; } = [];

        public HashSet<int> DoneTexts { get; } = [];

        public HashSet<int> DoneParts { get; } = [];

        public StringBuilder Input { get; } = new();

        public bool IsInputDone { get; set; }

        public string? Final { get; set; }
    }

    public static AnswerDigest Check(IReadOnlyList<(string Name, string Data)> frames)
    {
        var digest = new AnswerDigest();
        var items = new List<Item>();
        for (var n = 0; n < frames.Count; n++)
        {
            var (name, data) = frames[n];
            var json = Frames.Json(data);
            json.GetProperty("type").GetString().ShouldBe(name);
            json.GetProperty("sequence_number").GetInt32().ShouldBe(n);
            digest.IsComplete.ShouldBeFalse("nothing follows the terminal event");
            switch (name)
            {
                case "response.created":
                    n.ShouldBe(0);
                    CheckResponse(json.GetProperty("response"), "in_progress");
                    break;
                case "response.in_progress":
                    n.ShouldBe(1);
                    CheckResponse(json.GetProperty("response"), "in_progress");
                    break;
                case "response.completed" or "response.incomplete":
                    n.ShouldBeGreaterThan(1);
                    CheckEnd(json.GetProperty("response"), name, items, digest);
                    digest.IsComplete = true;
                    break;
                case "response.output_item.added":
                    json.GetProperty("output_index").GetInt32().ShouldBe(items.Count, "indexes have no gaps");
                    var added = json.GetProperty("item");
                    items.Add(new Item { Type = added.GetProperty("type").GetString()!, Id = added.GetProperty("id").GetString()! });
                    CheckFreshItem(added);
                    break;
                default:
                    n.ShouldBeGreaterThan(1);
                    CheckInside(name, json, items[json.GetProperty("output_index").GetInt32()]);
                    break;
            }
        }

        items.Select(item => item.Id).ShouldBeUnique();
        return digest;
    }

    private static void CheckFreshItem(JsonElement item)
    {
        switch (item.GetProperty("type").GetString())
        {
            case "message":
                item.GetProperty("status").GetString().ShouldBe("in_progress");
                item.GetProperty("role").GetString().ShouldBe("assistant");
                item.GetProperty("content").GetArrayLength().ShouldBe(0);
                break;
            case "reasoning":
                item.GetProperty("summary").GetArrayLength().ShouldBe(0);
                break;
            case "function_call":
                item.GetProperty("arguments").GetString().ShouldBe("");
                item.GetProperty("call_id").GetString().ShouldNotBeNullOrEmpty();
                item.GetProperty("name").GetString().ShouldNotBeNullOrEmpty();
                break;
            case "custom_tool_call":
                item.GetProperty("input").GetString().ShouldBe("");
                item.GetProperty("call_id").GetString().ShouldNotBeNullOrEmpty();
                break;
            case var odd:
                throw new ShouldAssertException("an unknown item: " + odd);
        }
    }

    private static void CheckInside(string name, JsonElement json, Item item)
    {
        item.Final.ShouldBeNull("nothing follows output_item.done");
        if (name == "response.output_item.done")
        {
            CheckDone(json.GetProperty("item"), item);
            item.Final = json.GetProperty("item").GetRawText();
            return;
        }

        json.GetProperty("item_id").GetString().ShouldBe(item.Id);
        var (type, position) = name switch
        {
            "response.reasoning_summary_part.added" or "response.reasoning_summary_part.done" or "response.reasoning_summary_text.delta" or "response.reasoning_summary_text.done"
                => ("reasoning", json.GetProperty("summary_index").GetInt32()),
            "response.function_call_arguments.delta" or "response.function_call_arguments.done" => ("function_call", 0),
            "response.custom_tool_call_input.delta" or "response.custom_tool_call_input.done" => ("custom_tool_call", 0),
            _ => ("message", json.GetProperty("content_index").GetInt32()),
        };
        item.Type.ShouldBe(type);
        switch (name[(name.LastIndexOf('.', name.Length - 1) + 1)..])
        {
            case "added":
                position.ShouldBe(item.Parts.Count);
                item.Parts.Add(position, new StringBuilder());
                Words(json.GetProperty("part")).ShouldBe("");
                break;
            case "delta" when type is "function_call" or "custom_tool_call":
                item.IsInputDone.ShouldBeFalse();
                item.Input.Append(json.GetProperty("delta").GetString());
                break;
            case "delta":
                item.DoneTexts.ShouldNotContain(position);
                item.Parts[position].Append(json.GetProperty("delta").GetString());
                break;
            case "done" when type is "function_call" or "custom_tool_call":
                item.IsInputDone.ShouldBeFalse("arguments.done comes once");
                item.IsInputDone = true;
                var whole = json.GetProperty(type == "function_call" ? "arguments" : "input").GetString();
                whole.ShouldBe(item.Input.Length == 0 && type == "function_call" ? "{}" : item.Input.ToString());
                break;
            case "done" when name.EndsWith("part.done", StringComparison.Ordinal):
                item.DoneTexts.ShouldContain(position);
                item.DoneParts.Add(position).ShouldBeTrue();
                Words(json.GetProperty("part")).ShouldBe(item.Parts[position].ToString());
                break;
            case "done":
                item.DoneTexts.Add(position).ShouldBeTrue();
                json.GetProperty(json.TryGetProperty("refusal", out _) ? "refusal" : "text").GetString().ShouldBe(item.Parts[position].ToString());
                break;
            default:
                throw new ShouldAssertException("an unknown event: " + name);
        }
    }

    private static void CheckDone(JsonElement done, Item item)
    {
        done.GetProperty("id").GetString().ShouldBe(item.Id);
        done.GetProperty("type").GetString().ShouldBe(item.Type);
        switch (item.Type)
        {
            case "message":
                done.GetProperty("status").GetString().ShouldBe("completed");
                done.GetProperty("content").EnumerateArray().Select(Words).ShouldBe(item.Parts.OrderBy(part => part.Key).Select(part => part.Value.ToString()));
                item.DoneParts.Count.ShouldBe(item.Parts.Count);
                break;
            case "reasoning":
                done.GetProperty("summary").EnumerateArray().Select(Words).ShouldBe(item.Parts.OrderBy(part => part.Key).Select(part => part.Value.ToString()));
                item.DoneParts.Count.ShouldBe(item.Parts.Count);
                done.TryGetProperty("encrypted_content", out _).ShouldBeTrue();
                break;
            default:
                item.IsInputDone.ShouldBeTrue();
                done.GetProperty("status").GetString().ShouldBe("completed");
                break;
        }
    }

    private static void CheckEnd(JsonElement response, string name, List<Item> items, AnswerDigest digest)
    {
        var status = name["response.".Length..];
        CheckResponse(response, status);
        response.GetProperty("output").EnumerateArray().Select(item => item.GetRawText()).ShouldBe(items.Select(item => item.Final.ShouldNotBeNull()));
        var usage = response.GetProperty("usage");
        usage.GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        usage.GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        usage.GetProperty("total_tokens").GetInt64().ShouldBe(usage.GetProperty("input_tokens").GetInt64() + usage.GetProperty("output_tokens").GetInt64());
        Collect(response, digest);
    }

    /// <summary>What a response object holds.</summary>
    public static AnswerDigest Collect(JsonElement response, AnswerDigest digest)
    {
        digest.Stop = response.GetProperty("status").GetString()!;
        if (response.GetProperty("incomplete_details") is { ValueKind: JsonValueKind.Object } details)
        {
            digest.Stop += "/" + details.GetProperty("reason").GetString();
        }

        foreach (var item in response.GetProperty("output").EnumerateArray())
        {
            switch (item.GetProperty("type").GetString())
            {
                case "message":
                    foreach (var part in item.GetProperty("content").EnumerateArray())
                    {
                        (part.TryGetProperty("refusal", out _) ? digest.Refusal : digest.Text).Append(Words(part));
                    }

                    break;
                case "reasoning":
                    digest.Reasoning.AppendJoin("\n\n", item.GetProperty("summary").EnumerateArray().Select(Words));
                    if (item.GetProperty("encrypted_content").GetString() is { } carried)
                    {
                        const string Marker = "claude-redacted-thinking:";
                        (carried.StartsWith(Marker, StringComparison.Ordinal) ? digest.Redacted : digest.Signatures).Add(carried.Replace(Marker, "", StringComparison.Ordinal));
                    }

                    break;
                case "function_call":
                    digest.Calls.Add((item.GetProperty("name").GetString()!, item.GetProperty("arguments").GetString()!));
                    break;
                case "custom_tool_call":
                    digest.Calls.Add((item.GetProperty("name").GetString()!, item.GetProperty("input").GetString()!));
                    break;
            }
        }

        return digest;
    }

    private static void CheckResponse(JsonElement response, string status)
    {
        foreach (var member in Required)
        {
            response.TryGetProperty(member, out _).ShouldBeTrue(member);
        }

        response.EnumerateObject().Select(member => member.Name).ShouldBeUnique();
        response.TryGetProperty("output_text", out _).ShouldBeFalse("E158");
        response.GetProperty("object").GetString().ShouldBe("response");
        response.GetProperty("status").GetString().ShouldBe(status);
        response.GetProperty("model").GetString().ShouldBe(Translation.Echo.AskedModel);
        (response.GetProperty("incomplete_details").ValueKind == JsonValueKind.Object).ShouldBe(status == "incomplete");
    }

    private static string Words(JsonElement part) => part.GetProperty(part.TryGetProperty("refusal", out _) ? "refusal" : "text").GetString()!;
}
