using System.Text.Json.Nodes;

namespace Proxy.Sandbox.Tests.Scripts;

/// <summary>Structured answers, asked for in each protocol's own way, and what came along of earlier thinking.</summary>
public sealed class FormatTests
{
    private const string Schema = """
        {"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}},"required":["c"]}},"d":{"enum":["x","y"]},"e":{"type":"string"}},"required":["a","b","d"]}
        """;

    private const string Expected = """{"a":"You said: say \"it\" [served by ACCOUNT]","b":[{"c":1}],"d":"x"}""";

    [Fact]
    public async Task Answer_fits_the_schema_in_every_protocol()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        const string Say = "say \"it\"";

        var message = await sandbox.AnthropicAsync(SandboxClient.Message(Say, With(""" "stream":true,"output_config":{"format":{"type":"json_schema","schema":SCHEMA}} """))).EventsAsync();
        var response = await sandbox.ChatGptAsync(SandboxClient.Response(Say, With(""" "store":false,"stream":true,"text":{"format":{"type":"json_schema","name":"n","schema":SCHEMA}} """))).EventsAsync();
        var chat = await sandbox.CompatibleAsync(SandboxClient.Chat(Say, With(""" "stream":true,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":SCHEMA}} """))).EventsAsync();

        ShouldFit(message.AnthropicText(), "claude-1");
        ShouldFit(response.ResponsesText(), "codex-1");
        ShouldFit(chat.ChatText(), "compatible-1");
    }

    [Fact]
    public async Task Recall_counts_the_thinking_that_can_be_read_again()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var first = await sandbox.ChatGptAsync(SandboxClient.Response("[[think]] hello")).EventsAsync();
        var item = first[^1]["response"]!["output"]![0]!.ToJsonString();
        async Task<string> RecallAsync(string items) =>
            (await sandbox.ChatGptAsync($$"""{"model":"gpt-5.1-codex","instructions":"","store":false,"stream":true,"input":[{{items}}{"type":"message","role":"user","content":"[[recall]]"}]}""").EventsAsync()).ResponsesText();

        (await RecallAsync(string.Empty)).ShouldStartWith("I recall 0 thoughts.");
        (await RecallAsync(item + ",")).ShouldStartWith("I recall 1 thoughts.");
    }

    private static string With(string members) => members.Replace("SCHEMA", Schema, StringComparison.Ordinal);

    private static void ShouldFit(string text, string account) =>
        JsonNode.DeepEquals(JsonNode.Parse(text), JsonNode.Parse(Expected.Replace("ACCOUNT", account, StringComparison.Ordinal))).ShouldBeTrue(text);
}
