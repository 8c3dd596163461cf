using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.Tests.Models;

public sealed class ModelCatalogueTests
{
    [Theory]
    [InlineData("gpt-5.1", "gpt-5.1", null)]
    [InlineData("gpt-5.1-low", "gpt-5.1", "low")]
    [InlineData("gpt-5.1-codex-high", "gpt-5.1-codex", "high")]
    [InlineData("gpt-5.1-codex-mini-medium", "gpt-5.1-codex-mini", "medium")]
    [InlineData("gpt-5.1-codex-max", "gpt-5.1-codex-max", null)]
    [InlineData("gpt-5.1-codex-max-xhigh", "gpt-5.1-codex-max", "xhigh")]
    [InlineData("gpt-9-codex-max", "gpt-9-codex-max", null)]
    [InlineData("gpt-9-high", "gpt-9", "high")]
    [InlineData("claude-sonnet-4-6-high", "claude-sonnet-4-6", "high")]
    [InlineData("gpt-5.5(high)", "gpt-5.5", "high")]
    [InlineData("gpt-5.5(HIGH)", "gpt-5.5", "high")]
    [InlineData("gpt-5.5(nonsense)", "gpt-5.5", null)]
    [InlineData("team/gpt-5.1-low", "team/gpt-5.1", "low")]
    [InlineData("somebody-high", "somebody-high", null)]
    public void A_name_comes_apart_into_base_and_level(string asked, string name, string? level)
    {
        var resolved = ModelCatalogue.Default.Resolve(asked);

        resolved.Name.ShouldBe(name);
        resolved.Thinking?.Level.ShouldBe(level);
        (resolved.Thinking is null).ShouldBe(level is null);
    }

    [Theory]
    [InlineData("gpt-5-minimal", "gpt-5", "minimal")]
    [InlineData("gpt-5-codex-medium", "gpt-5-codex", "medium")]
    [InlineData("gpt-5-codex-mini-high", "gpt-5-codex-mini", "high")]
    [InlineData("gpt-5.1-codex-mini-medium", "gpt-5.1-codex-mini", "medium")]
    [InlineData("gpt-5.1-codex-max-low", "gpt-5.1-codex-max", "low")]
    [InlineData("gpt-6.1-sol-max", "gpt-6.1-sol", "max")]
    [InlineData("claude-sonnet-4-5-thinking", "claude-sonnet-4-5-20250929", "medium")]
    [InlineData("claude-opus-4-5-thinking", "claude-opus-4-5-20251101", "medium")]
    [InlineData("claude-opus-4-5-thinking-low", "claude-opus-4-5-20251101", "low")]
    [InlineData("claude-opus-4-5-thinking-medium", "claude-opus-4-5-20251101", "medium")]
    [InlineData("claude-opus-4-5-thinking-high", "claude-opus-4-5-20251101", "high")]
    [InlineData("claude-opus-4-5-thinking(xhigh)", "claude-opus-4-5-20251101", "xhigh")]
    [InlineData("team/claude-opus-4-5-thinking-high", "team/claude-opus-4-5-20251101", "high")]
    [InlineData("claude-new-9-thinking-low", "claude-new-9", "low")]
    [InlineData("somebody-thinking", "somebody-thinking", null)]
    public void Names_of_older_proxies_resolve(string asked, string name, string? level)
    {
        var resolved = ModelCatalogue.Default.Resolve(asked);

        (resolved.Name, resolved.Thinking?.Level).ShouldBe((name, level));
        (resolved.Thinking?.YieldsToBody ?? false).ShouldBe(asked.Contains("claude", StringComparison.Ordinal) && !asked.EndsWith(')'));
    }

    [Fact]
    public void A_wish_that_yields_counts_only_where_the_body_has_none()
    {
        var (weak, strong, body) = (Thinking.FromLevel("low") with { YieldsToBody = true }, Thinking.FromLevel("high"), Thinking.FromLevel("medium"));

        ThinkingWish.Stronger(weak, body).ShouldBe(body);
        ThinkingWish.Stronger(weak, null).ShouldBe(weak);
        ThinkingWish.Stronger(strong, body).ShouldBe(strong);
        ThinkingWish.Stronger(null, body).ShouldBe(body);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", "claude-sonnet-4-5-20250929")]
    [InlineData("claude-haiku-4-5", "claude-haiku-4-5-20251001")]
    [InlineData("claude-opus-5-5", "claude-opus-5-5")]
    [InlineData("gpt-6-sol", "gpt-6-sol")]
    [InlineData("gpt-6.1-sol", "gpt-6.1-sol")]
    public void Names_that_clients_use_are_known_and_go_up_as_they_are(string asked, string listed)
    {
        var resolved = ModelCatalogue.Default.Resolve(asked);

        resolved.Name.ShouldBe(asked);
        resolved.Info.ShouldNotBeNull().Id.ShouldBe(listed);
    }

    [Theory]
    [InlineData("gpt-5.1", "gpt-5.5")]
    [InlineData("gpt-5.5", null)]
    [InlineData("not-listed", null)]
    public void A_retired_model_has_a_successor(string name, string? successor) => ModelCatalogue.Default.SuccessorOf(name)?.Id.ShouldBe(successor);

    [Fact]
    public void Successors_that_turn_in_a_circle_end_in_none()
    {
        ModelInfo[] circle = [new() { Id = "a", Kind = UpstreamKind.Codex, IsRetired = true, Successor = "b" }, new() { Id = "b", Kind = UpstreamKind.Codex, IsRetired = true, Successor = "a" }];

        ModelCatalogue.Default.Extend(circle).SuccessorOf("a").ShouldBeNull();
        ModelCatalogue.Default.Extend([circle[0], circle[1] with { Successor = "gpt-5.5" }]).SuccessorOf("a")!.Id.ShouldBe("gpt-5.5");
    }

    [Theory]
    [InlineData("x(8192)", ThinkingMode.Budget, 8192L)]
    [InlineData("x(0)", ThinkingMode.None, null)]
    [InlineData("x(none)", ThinkingMode.None, null)]
    [InlineData("x(auto)", ThinkingMode.Auto, null)]
    [InlineData("x(-1)", ThinkingMode.Auto, null)]
    public void Suffixes_in_parentheses_are_read(string asked, ThinkingMode mode, long? budget)
    {
        var thinking = ModelCatalogue.Default.Resolve(asked).Thinking.ShouldNotBeNull();

        thinking.Mode.ShouldBe(mode);
        thinking.Budget.ShouldBe(budget);
    }

    [Theory]
    [InlineData("claude-opus-9", UpstreamKind.Claude)]
    [InlineData("gpt-7-sol", UpstreamKind.Codex)]
    [InlineData("llama-70b", null)]
    [InlineData("openai/gpt-oss-120b", null)]
    public void Unlisted_names_go_by_pattern(string asked, UpstreamKind? kind) =>
        ModelCatalogue.Default.Resolve(asked).Kind.ShouldBe(kind);

    [Fact]
    public void Retired_models_name_a_listed_successor_of_the_same_kind()
    {
        var retired = ModelCatalogue.Default.Models.Where(m => m.IsRetired).ToList();

        retired.ShouldNotBeEmpty();
        foreach (var model in retired)
        {
            var successor = ModelCatalogue.Default.Find(model.Successor.ShouldNotBeNull()).ShouldNotBeNull();
            successor.IsRetired.ShouldBeFalse();
            successor.Kind.ShouldBe(model.Kind);
        }
    }

    [Fact]
    public void An_extension_replaces_and_adds()
    {
        var extended = ModelCatalogue.Default.Extend("""
            {"patterns":[{"prefix":"qwen","kind":"compatible"}],
             "models":[{"id":"gpt-5.5","kind":"codex","maxOutput":7,"thinking":{"levels":["low"]}},{"id":"mine","kind":"claude"}]}
            """u8);

        extended.Find("gpt-5.5")!.MaxOutput.ShouldBe(7);
        extended.Find("mine")!.Kind.ShouldBe(UpstreamKind.Claude);
        extended.Resolve("qwen3").Kind.ShouldBe(UpstreamKind.Compatible);
        extended.Resolve("gpt-5.4").Kind.ShouldBe(UpstreamKind.Codex);
    }

    [Theory]
    [InlineData("{\"models\":[{\"id\":\"x\",\"kind\":\"martian\"}]}", "martian")]
    [InlineData("{\"models\":[{\"kind\":\"claude\"}]}", "$.models")]
    [InlineData("{\"models\":", "line 1")]
    public void A_broken_extension_names_the_place(string json, string place) =>
        Should.Throw<FormatException>(() => ModelCatalogue.Default.Extend(Encoding.UTF8.GetBytes(json))).Message.ShouldContain(place);
}
