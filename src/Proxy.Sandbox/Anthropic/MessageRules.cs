using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>What the list of messages must look like: roles, turns, tool pairs (spec/wire-protocols.md 1.2).</summary>
internal static class MessageRules
{
    private static readonly HashSet<string> Members = new(StringComparer.Ordinal) { "role", "content" };
    private static readonly HashSet<string> SystemMembers = new(StringComparer.Ordinal) { "role", "content", "output_config" };

    public static Refusal? Check(JsonElement body)
    {
        if (body.Member("messages") is not { ValueKind: JsonValueKind.Array } messages)
        {
            return Bad.Request("messages: Input should be a valid list");
        }

        if (messages.GetArrayLength() == 0)
        {
            return Bad.Request("messages: at least one message is required");
        }

        var isNew = AnthropicModels.Find(body.Text("model")!)?.IsNew ?? false;
        var turns = new List<Turn>();
        foreach (var (i, message) in ((JsonElement?)messages).Items())
        {
            if (Message(message, i, messages.GetArrayLength(), isNew) is { } problem)
            {
                return problem;
            }

            var role = message.Text("role")!;
            if (role == "system")
            {
                continue;
            }

            // neighbours of one role are one turn, as the real one merges them
            if (turns.Count == 0 || turns[^1].Role != role)
            {
                turns.Add(new Turn(role, i, []));
            }

            turns[^1].Blocks.AddRange(message.Member("content").Items().Select(b => b.Value));
            if (message.Member("content").Is(JsonValueKind.String))
            {
                turns[^1].FirstString = Math.Min(turns[^1].FirstString, turns[^1].Blocks.Count);
            }
        }

        if (turns.Count == 0 || turns[0].Role != "user")
        {
            return Bad.Request("messages: first message must use the \"user\" role");
        }

        return Pairs(turns) ?? Prefill(body, messages, turns, isNew);
    }

    private static Refusal? Message(JsonElement message, int i, int count, bool isNew)
    {
        if (message.ValueKind != JsonValueKind.Object || message.Text("role") is not { } role)
        {
            return Bad.Missing($"messages.{i}.role");
        }

        if (role == "system" && !isNew)
        {
            return Bad.Request("role 'system' is not supported on this model");
        }

        if (role is not ("user" or "assistant" or "system"))
        {
            return Bad.Request($"messages.{i}.role: Input should be 'user' or 'assistant'");
        }

        if (Bad.Extras(message, $"messages.{i}", role == "system" ? SystemMembers : Members) is { } extra)
        {
            return extra;
        }

        var content = message.Member("content");
        if (content is null)
        {
            return Bad.Missing($"messages.{i}.content");
        }

        if (content is not { ValueKind: JsonValueKind.String or JsonValueKind.Array })
        {
            return Bad.Request($"messages.{i}.content: Input should be a valid list");
        }

        var isEmpty = content.Is(JsonValueKind.String) ? content.Value.GetString()!.Length == 0 : content.Value.GetArrayLength() == 0;
        if (isEmpty && (role != "assistant" || i != count - 1))
        {
            return Bad.Request($"messages.{i}: all messages must have non-empty content except for the optional final assistant message");
        }

        foreach (var (b, block) in content.Items())
        {
            if (ContentRules.Check(block, role, $"messages.{i}.content.{b}") is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static Refusal? Pairs(List<Turn> turns)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var t = 0; t < turns.Count; t++)
        {
            var turn = turns[t];
            if (turn.Role == "assistant")
            {
                var ids = Ids(turn, "tool_use", "id");
                foreach (var id in ids)
                {
                    if (!seen.Add(id))
                    {
                        return Bad.Request("messages: `tool_use` ids must be unique");
                    }
                }

                var answered = t + 1 < turns.Count ? LeadingResults(turns[t + 1]) : [];
                var open = ids.Where(id => !answered.Contains(id)).ToArray();
                if (open.Length > 0)
                {
                    return Bad.Request($"messages.{turn.At}: `tool_use` ids were found without `tool_result` blocks immediately after: {string.Join(", ", open)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.");
                }
            }
            else
            {
                var asked = t > 0 ? Ids(turns[t - 1], "tool_use", "id") : [];
                var given = Ids(turn, "tool_result", "tool_use_id");
                foreach (var id in given.Where(id => !asked.Contains(id)))
                {
                    return Bad.Request($"messages.{turn.At}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.");
                }

                if (given.Distinct(StringComparer.Ordinal).Count() != given.Count)
                {
                    return Bad.Request($"messages.{turn.At}.content: each tool_use must have a single result. Found multiple `tool_result` blocks with the same id.");
                }
            }
        }

        return null;
    }

    private static Refusal? Prefill(JsonElement body, JsonElement messages, List<Turn> turns, bool isNew)
    {
        if (turns[^1].Role != "assistant")
        {
            return null;
        }

        if (isNew || ThinkingRules.IsOn(body))
        {
            return Bad.Request("This model does not support assistant message prefill. The conversation must end with a user message.");
        }

        var last = messages[messages.GetArrayLength() - 1].Member("content");
        var text = last.Is(JsonValueKind.String) ? last!.Value.GetString()! : turns[^1].Blocks.LastOrDefault() is { ValueKind: JsonValueKind.Object } block ? block.Text("text") ?? string.Empty : string.Empty;
        return text.Length > 0 && char.IsWhiteSpace(text[^1])
            ? Bad.Request("messages: final assistant content cannot end with trailing whitespace")
            : null;
    }

    private static List<string> Ids(Turn turn, string type, string member) =>
        [.. turn.Blocks.Where(b => b.Text("type") == type).Select(b => b.Text(member)!)];

    // results count only as long as nothing else came before them
    private static HashSet<string> LeadingResults(Turn turn) =>
        [.. turn.Blocks.Take(turn.FirstString).TakeWhile(b => b.Text("type") == "tool_result").Select(b => b.Text("tool_use_id")!)];

    private sealed record Turn(string Role, int At, List<JsonElement> Blocks)
    {
        /// <summary>How many blocks stand before the first content that is a plain string.</summary>
        public int FirstString { get; set; } = int.MaxValue;
    }
}
