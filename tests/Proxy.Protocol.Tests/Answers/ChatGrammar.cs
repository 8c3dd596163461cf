using System.Text;
using System.Text.Json;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>A strict reader of a chat completion's chunks, by spec/wire-protocols.md 2.3, on a JSON DOM.</summary>
internal static class ChatGrammar
{
    public static AnswerDigest Check(IReadOnlyList<(string Name, string Data)> frames, bool includeUsage)
    {
        var digest = new AnswerDigest();
        var calls = new List<(string Name, StringBuilder Input)>();
        string? identity = null;
        var phase = 0;
        foreach (var (name, data) in frames)
        {
            name.ShouldBeEmpty("chat has no event names");
            phase.ShouldBeLessThan(4, "nothing follows [DONE]");
            if (data == "[DONE]")
            {
                phase.ShouldBe(includeUsage ? 3 : 2);
                phase = 4;
                continue;
            }

            var json = Frames.Json(data);
            json.GetProperty("object").GetString().ShouldBe("chat.completion.chunk");
            var its = json.GetProperty("id").GetRawText() + json.GetProperty("created").GetInt64() + json.GetProperty("model").GetRawText();
            (identity ??= its).ShouldBe(its);
            var choices = json.GetProperty("choices");
            if (choices.GetArrayLength() == 0)
            {
                phase.ShouldBe(2);
                includeUsage.ShouldBeTrue();
                phase = 3;
                var usage = json.GetProperty("usage");
                usage.GetProperty("total_tokens").GetInt64()
                    .ShouldBe(usage.GetProperty("prompt_tokens").GetInt64() + usage.GetProperty("completion_tokens").GetInt64());
                continue;
            }

            json.TryGetProperty("usage", out var none).ShouldBe(includeUsage);
            (includeUsage ? none.ValueKind : JsonValueKind.Null).ShouldBe(JsonValueKind.Null);
            choices.GetArrayLength().ShouldBe(1);
            var choice = choices[0];
            choice.GetProperty("index").GetInt32().ShouldBe(0);
            var delta = choice.GetProperty("delta");
            if (choice.GetProperty("finish_reason") is { ValueKind: JsonValueKind.String } finish)
            {
                phase.ShouldBe(1);
                phase = 2;
                delta.EnumerateObject().ShouldBeEmpty();
                digest.Stop = finish.GetString()!;
                continue;
            }

            if (phase == 0)
            {
                phase = 1;
                delta.GetProperty("role").GetString().ShouldBe("assistant");
                delta.GetProperty("content").GetString().ShouldBe("");
                continue;
            }

            phase.ShouldBe(1);
            delta.EnumerateObject().Count().ShouldBe(1);
            var member = delta.EnumerateObject().Single();
            switch (member.Name)
            {
                case "content":
                    digest.Text.Append(member.Value.GetString());
                    break;
                case "refusal":
                    digest.Refusal.Append(member.Value.GetString());
                    break;
                case "reasoning_content":
                    digest.Reasoning.Append(member.Value.GetString());
                    break;
                case "tool_calls":
                    Call(member.Value, calls);
                    break;
                default:
                    throw new ShouldAssertException("an unknown delta: " + member.Name);
            }
        }

        digest.Calls.AddRange(calls.Select(call => (call.Name, call.Input.ToString())));
        (digest.Stop == "tool_calls").ShouldBe(calls.Count > 0 && digest.Stop is not ("length" or "content_filter" or ""));
        digest.IsComplete = phase == 4;
        return digest;
    }

    private static void Call(JsonElement entries, List<(string Name, StringBuilder Input)> calls)
    {
        entries.GetArrayLength().ShouldBe(1);
        var entry = entries[0];
        var index = entry.GetProperty("index").GetInt32();
        if (index == calls.Count)
        {
            entry.GetProperty("id").GetString().ShouldNotBeNullOrEmpty();
            var type = entry.GetProperty("type").GetString()!;
            type.ShouldBeOneOf("function", "custom");
            var first = entry.GetProperty(type);
            first.GetProperty("name").GetString().ShouldNotBeNullOrEmpty();
            calls.Add((first.GetProperty("name").GetString()!, new StringBuilder(first.GetProperty(type == "custom" ? "input" : "arguments").GetString())));
            return;
        }

        index.ShouldBeInRange(0, calls.Count - 1);
        entry.TryGetProperty("id", out _).ShouldBeFalse("the id comes once");
        var next = entry.TryGetProperty("function", out var function) ? function.GetProperty("arguments") : entry.GetProperty("custom").GetProperty("input");
        calls[index].Input.Append(next.GetString());
    }
}
