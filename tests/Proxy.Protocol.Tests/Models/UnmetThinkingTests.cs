using Proxy.Protocol.Models;

namespace Proxy.Protocol.Tests.Models;

/// <summary>What the debug log says of an effort that a model can't be asked for (docs/decisions/0002).</summary>
public sealed class UnmetThinkingTests
{
    [Theory]
    [InlineData("gpt-5.5(high)", null)]
    [InlineData("gpt-5.5(auto)", null)]
    [InlineData("gpt-5.5(max)", "effort max (xhigh instead)")]
    [InlineData("gpt-5.5(minimal)", "effort minimal (low instead)")]
    [InlineData("gpt-5.5(none)", "effort none (low instead)")]
    [InlineData("gpt-5.1(none)", null)]
    [InlineData("gpt-5.5(9000)", null)]
    [InlineData("gpt-5.5(100)", "a thinking budget of 100 tokens (low instead)")]
    [InlineData("gpt-not-listed(max)", null)]
    public void Effort_of_an_openai_model(string asked, string? told)
    {
        var resolved = ModelCatalogue.Default.Resolve(asked);

        Thinking.Unmet(resolved.Thinking!, Thinking.ToEffort(resolved.Thinking!, resolved.Info)).ShouldBe(told);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929(high)", null)]
    [InlineData("claude-sonnet-4-5-20250929(none)", null)]
    [InlineData("claude-sonnet-4-5-20250929(auto)", null)]
    [InlineData("claude-sonnet-4-5-20250929(minimal)", "a thinking budget of 512 tokens (1024 instead)")]
    [InlineData("claude-sonnet-4-5-20250929(200000)", "a thinking budget of 200000 tokens (128000 instead)")]
    [InlineData("claude-opus-5(high)", null)]
    [InlineData("claude-opus-5(auto)", null)]
    [InlineData("claude-opus-5(minimal)", "effort minimal (low instead)")]
    [InlineData("claude-sonnet-4-6(xhigh)", "effort xhigh (max instead)")]
    [InlineData("claude-opus-5-5(none)", "effort none (low instead)")]
    [InlineData("claude-3-5-haiku-20241022(high)", "effort high (the model is not asked to think)")]
    public void Effort_of_a_claude_model(string asked, string? told)
    {
        var resolved = ModelCatalogue.Default.Resolve(asked);

        Thinking.Unmet(resolved.Thinking!, Thinking.ForClaude(resolved.Thinking!, resolved.Info, maxTokens: 256_000)).ShouldBe(told);
    }

    [Fact]
    public void Word_that_nobody_knows_is_the_clients_own_and_is_not_repeated() =>
        Thinking.Unmet(Thinking.FromLevel("made-up-word"), effort: null).ShouldNotBeNull().ShouldNotContain("made-up-word");

    [Fact]
    public void Model_that_always_thinks_is_not_told_to_stop()
    {
        Thinking.ForClaude(Thinking.FromLevel("none"), ModelCatalogue.Default.Find("claude-opus-5-5"), null).ShouldBe(new ClaudeThinking("adaptive", null, "low"));
        Thinking.ForClaude(Thinking.FromLevel("none"), ModelCatalogue.Default.Find("claude-opus-5"), null).ShouldBe(ClaudeThinking.Disabled);
    }
}
