using System.Text.Json.Nodes;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>What a client keeps of an answer for the next turn, read without the proxy's own codecs.</summary>
/// <param name="Text">The text.</param>
/// <param name="Thinking">The thinking or its summary.</param>
/// <param name="Signature">Signature or encrypted reasoning; null without one (Chat has no place for it).</param>
/// <param name="Back">What goes into the history: one message, or output items.</param>
internal sealed record Turn(string Text, string Thinking, string? Signature, JsonArray Back)
{
    public static Turn Read(Dialect dialect, string answer, bool stream) => dialect switch
    {
        Dialect.AnthropicMessages => Anthropic(stream ? Blocks(Events(answer)) : JsonNode.Parse(answer)!["content"]!.AsArray()),
        Dialect.OpenAIChat => stream ? Chat(Events(answer)) : Chat([JsonNode.Parse(answer)!]),
        _ => Responses(stream ? Events(answer).Single(e => (string?)e["type"] == "response.completed")["response"]!["output"]!.AsArray() : JsonNode.Parse(answer)!["output"]!.AsArray()),
    };

    /// <summary>The data of each event, markers of the end left out.</summary>
    public static IReadOnlyList<JsonNode> Events(string stream) =>
        [.. stream.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal)).Select(l => JsonNode.Parse(l["data: ".Length..])!)];

    private static Turn Anthropic(JsonArray content) => new(
        Join(content.Where(b => (string?)b!["type"] == "text").Select(b => b!["text"])),
        Join(content.Where(b => (string?)b!["type"] == "thinking").Select(b => b!["thinking"])),
        (string?)content.FirstOrDefault(b => (string?)b!["type"] == "thinking")?["signature"],
        new JsonArray(new JsonObject { ["role"] = "assistant", ["content"] = content.DeepClone() }));

    private static JsonArray Blocks(IEnumerable<JsonNode> events)
    {
        var blocks = new JsonArray();
        foreach (var one in events)
        {
            if ((string?)one["type"] == "content_block_start")
            {
                ((int)one["index"]!).ShouldBe(blocks.Count);
                blocks.Add(one["content_block"]!.DeepClone());
            }
            else if ((string?)one["type"] == "content_block_delta")
            {
                var block = blocks[(int)one["index"]!]!;
                var (member, value) = (string?)one["delta"]!["type"] switch
                {
                    "text_delta" => ("text", one["delta"]!["text"]),
                    "thinking_delta" => ("thinking", one["delta"]!["thinking"]),
                    "signature_delta" => ("signature", one["delta"]!["signature"]),
                    var other => throw new InvalidOperationException(other),
                };
                block[member] = (string?)block[member] + (string?)value;
            }
        }

        return blocks;
    }

    private static Turn Chat(IReadOnlyList<JsonNode> chunks)
    {
        var deltas = chunks.SelectMany(c => c["choices"]!.AsArray()).Select(c => c!["delta"] ?? c["message"]!).ToList();
        var text = Join(deltas.Select(d => d["content"]));
        return new Turn(
            text,
            Join(deltas.Select(d => d["reasoning_content"])),
            null,
            new JsonArray(new JsonObject { ["role"] = "assistant", ["content"] = text }));
    }

    private static Turn Responses(JsonArray output) => new(
        Join(output.Where(i => (string?)i!["type"] == "message").SelectMany(i => i!["content"]!.AsArray()).Select(p => p!["text"])),
        Join(output.Where(i => (string?)i!["type"] == "reasoning").SelectMany(i => i!["summary"]!.AsArray()).Select(p => p!["text"])),
        (string?)output.FirstOrDefault(i => (string?)i!["type"] == "reasoning")?["encrypted_content"],
        output.DeepClone().AsArray());

    private static string Join(IEnumerable<JsonNode?> pieces) => string.Concat(pieces.Select(p => (string?)p));
}
