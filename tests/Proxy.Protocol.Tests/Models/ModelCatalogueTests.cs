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
    [InlineData("claude-opus-5-5", UpstreamKind.Claude)]
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
