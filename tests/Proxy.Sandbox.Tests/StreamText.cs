using System.Text.Json.Nodes;

namespace Proxy.Sandbox.Tests;

/// <summary>Reads whole streams by hand, without the product's framing.</summary>
internal static class StreamText
{
    public static async Task<string> TextAsync(this Task<HttpResponseMessage> pending)
    {
        using var response = await pending;
        return await response.Content.ReadAsStringAsync(SandboxClient.FailSafe);
    }

    public static async Task<(int Status, JsonObject Json)> JsonAsync(this Task<HttpResponseMessage> pending)
    {
        using var response = await pending;
        var text = await response.Content.ReadAsStringAsync(SandboxClient.FailSafe);
        return ((int)response.StatusCode, JsonNode.Parse(text)!.AsObject());
    }

    /// <summary>The data of every event of a stream, parsed; [DONE] left out.</summary>
    public static async Task<IReadOnlyList<JsonObject>> EventsAsync(this Task<HttpResponseMessage> pending) => EventsOf(await pending.TextAsync());

    public static IReadOnlyList<JsonObject> EventsOf(string stream)
    {
        var events = new List<JsonObject>();
        foreach (var frame in stream.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var line in frame.Split('\n'))
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal) && line != "data: [DONE]")
                {
                    events.Add(JsonNode.Parse(line[6..])!.AsObject());
                }
            }
        }

        return events;
    }

    public static string Type(this JsonObject e) => e["type"]!.GetValue<string>();

    public static string AnthropicText(this IEnumerable<JsonObject> events) =>
        string.Concat(events.Where(e => e["delta"]?["type"]?.GetValue<string>() == "text_delta").Select(e => e["delta"]!["text"]!.GetValue<string>()));

    public static string ResponsesText(this IEnumerable<JsonObject> events) =>
        string.Concat(events.Where(e => e.Type() == "response.output_text.delta").Select(e => e["delta"]!.GetValue<string>()));

    public static string ChatText(this IEnumerable<JsonObject> events) =>
        string.Concat(events.Select(e => e["choices"]?.AsArray().FirstOrDefault()?["delta"]?["content"]?.GetValue<string>()));
}
