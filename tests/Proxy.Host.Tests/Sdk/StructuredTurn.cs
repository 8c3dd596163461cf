using System.Text.Json;

namespace Proxy.Host.Tests.Sdk;

/// <summary>A question whose answer must be JSON of a schema.</summary>
internal static class StructuredTurn
{
    public const string Name = "report";
    public const string Ask = "Report \"it\" with üñíçødé.";
    public const string Schema = """
        {"type":"object","properties":{"title":{"type":"string"},"score":{"type":"integer"},"kind":{"type":"string","enum":["bug","wish"]}},"required":["title","score","kind"],"additionalProperties":false}
        """;

    /// <summary>The text is nothing but the JSON, written by the provider that the schema had to reach.</summary>
    public static void ShouldFit(string text, string model)
    {
        using var answer = JsonDocument.Parse(text);
        answer.RootElement.EnumerateObject().Select(m => m.Name).ShouldBe(["title", "score", "kind"]);
        answer.RootElement.GetProperty("title").GetString().ShouldStartWith($"You said: {Ask} [served by {ToolTurn.AccountsOf(model)}");
        answer.RootElement.GetProperty("score").GetInt32().ShouldBe(1);
        answer.RootElement.GetProperty("kind").GetString().ShouldBe("bug");
    }
}
