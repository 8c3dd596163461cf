using Proxy.Protocol.Models;

namespace Proxy.Protocol.Tests.Models;

/// <summary>The tables and vectors of spec/protocols.md 1.2–1.4, with our clamping in place of its 400s.</summary>
public sealed class ThinkingTests
{
    private static readonly ModelInfo BudgetModel = ModelCatalogue.Default.Find("claude-sonnet-4-5-20250929")!;

    [Theory]
    [InlineData("gpt-5", "none", "minimal")]
    [InlineData("gpt-5", "auto", "medium")]
    [InlineData("gpt-5", "xhigh", "high")]
    [InlineData("gpt-5.5", "none", "low")]
    [InlineData("gpt-5.5", "minimal", "low")]
    [InlineData("gpt-5.5", "max", "xhigh")]
    [InlineData("gpt-5.1", "none", "none")]
    [InlineData("gpt-5.6-sol", "max", "max")]
    [InlineData("gpt-5.5", "enormous", null)]
    [InlineData("claude-3-5-haiku-20241022", "high", null)]
    [InlineData("not-listed", "xhigh", "xhigh")]
    [InlineData("not-listed", "none", "none")]
    public void Levels_are_clamped_to_what_the_model_lists(string model, string level, string? expected) =>
        Thinking.ToEffort(Thinking.FromLevel(level), ModelCatalogue.Default.Find(model)).ShouldBe(expected);

    [Theory]
    [InlineData(512, "low")]
    [InlineData(1024, "low")]
    [InlineData(1025, "medium")]
    [InlineData(9000, "high")]
    [InlineData(64000, "xhigh")]
    public void Budgets_become_levels(long budget, string expected) =>
        Thinking.ToEffort(Thinking.FromBudget(budget), ModelCatalogue.Default.Find("gpt-5.5")).ShouldBe(expected);

    [Theory]
    [InlineData("minimal", "low")]
    [InlineData("xhigh", "max")]
    [InlineData("max", "max")]
    [InlineData("high", "high")]
    public void Claude_efforts_follow_the_models_list(string level, string expected)
    {
        var thinking = Thinking.ForClaude(Thinking.FromLevel(level), ModelCatalogue.Default.Find("claude-sonnet-4-6"), 64000).ShouldNotBeNull();

        thinking.ShouldBe(new ClaudeThinking("adaptive", null, expected));
    }

    [Theory]
    [InlineData("high", 32000L, 24576L)]
    [InlineData("high", 10000L, 9999L)]
    [InlineData("minimal", 32000L, 1024L)]
    [InlineData("auto", null, 64512L)]
    public void Budget_models_get_a_budget_below_max_tokens(string level, long? maxTokens, long expected) =>
        Thinking.ForClaude(Thinking.FromLevel(level), BudgetModel, maxTokens).ShouldBe(new ClaudeThinking("enabled", expected, null));

    [Fact]
    public void A_budget_beyond_the_range_is_clamped() =>
        Thinking.ForClaude(Thinking.FromBudget(200000), BudgetModel, null)!.BudgetTokens.ShouldBe(128000);

    [Fact]
    public void Thinking_is_left_out_where_not_even_the_smallest_budget_fits() =>
        Thinking.ForClaude(Thinking.FromLevel("high"), BudgetModel, 500).ShouldBeNull();

    [Fact]
    public void None_always_disables_on_claude() =>
        Thinking.ForClaude(Thinking.FromLevel("none"), ModelCatalogue.Default.Find("claude-opus-4-1-20250805"), null).ShouldBe(ClaudeThinking.Disabled);

    [Fact]
    public void An_unlisted_claude_model_is_taken_for_an_adaptive_one() =>
        Thinking.ForClaude(Thinking.FromLevel("high"), null, null).ShouldBe(new ClaudeThinking("adaptive", null, "high"));
}
