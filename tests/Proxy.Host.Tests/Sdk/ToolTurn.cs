namespace Proxy.Host.Tests.Sdk;

/// <summary>What an SDK made of one answer.</summary>
internal sealed record ToolTurn(string Text, string? CallId, string? Tool, string? Input)
{
    public const string ToolName = "get_weather";
    public const string ToolText = "Tells the weather of a city.";
    public const string Schema = """{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}""";
    public const string Call = """{"city": "Pärìs \"nord\"", "days": 3}""";
    public const string Ask = $"[[call {ToolName} {Call}]] What is the weather?";
    public const string Result = "sunny, 21 °C";

    public static TheoryData<string, bool> Models() => new()
    {
        { "claude-sonnet-4-5-20250929", true }, { "claude-sonnet-4-5-20250929", false },
        { "gpt-5.1", true }, { "gpt-5.1", false },
        { "sandbox-chat", true }, { "sandbox-chat", false },
    };

    /// <summary>The first answer calls the tool with exactly the arguments that the provider sent.</summary>
    public void ShouldCallTheTool()
    {
        Tool.ShouldBe(ToolName);
        CallId.ShouldNotBeNullOrEmpty();
        System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(Input!), System.Text.Json.Nodes.JsonNode.Parse(Call)).ShouldBeTrue(Input);
    }

    /// <summary>The second one has seen the tool's result.</summary>
    public void ShouldHaveTheResult(string model)
    {
        Tool.ShouldBeNull();
        Text.ShouldContain("TOOL-DONE");
        Text.ShouldContain(Result);
        Text.ShouldContain($"[served by {AccountsOf(model)}");
    }

    /// <summary>What the names of the accounts that serve a model begin with.</summary>
    public static string AccountsOf(string model) =>
        model.StartsWith("claude", StringComparison.Ordinal) ? "claude-" : model.StartsWith("gpt", StringComparison.Ordinal) ? "codex-" : "compatible-";
}
