using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>Which names an account answers to (spec/accounts.md 5.2, 8.20).</summary>
public sealed class ServedModelsTests
{
    private const string Sonnet = "claude-sonnet-4-5-20250929";

    private static ModelsOfKind Claude(ModelRules rules) => new(UpstreamKind.Claude, rules, ModelCatalogue.Default);

    private static ModelsOfKind Codex(string? plan) => new(UpstreamKind.Codex, ModelRules.None with { Plan = plan }, ModelCatalogue.Default);

    private static ModelRules Aliases(params ModelAlias[] aliases) => ModelRules.None with { Aliases = aliases };

    [Fact]
    public void Renamed_model_is_listed_by_its_alias_alone_and_served_by_both()
    {
        var models = Claude(Aliases(new ModelAlias(Sonnet, "Sonnet")));

        models.Listed.ShouldContain("Sonnet");
        models.Listed.ShouldNotContain(Sonnet);
        models.UpstreamName("SONNET").ShouldBe(Sonnet);
        models.UpstreamName(Sonnet).ShouldBe(Sonnet);
    }

    [Fact]
    public void Forked_model_is_listed_by_both() =>
        Claude(Aliases(new ModelAlias(Sonnet, "sonnet") { Fork = true })).Listed.ShouldBe(Claude(ModelRules.None).Listed.Append("sonnet"));

    [Fact]
    public void Alias_may_take_the_name_of_another_model() =>
        Claude(Aliases(new ModelAlias(Sonnet, "claude-opus-5"))).UpstreamName("claude-opus-5").ShouldBe(Sonnet);

    [Fact]
    public void Alias_tells_of_effort_forced_mapping_and_looks()
    {
        var served = Claude(Aliases(new ModelAlias(Sonnet + "(high)", "deep") { ForceMapping = true, DisplayName = "Deep" })).Find("deep").ShouldNotBeNull();

        served.Upstreams.ShouldBe([new UpstreamModel(Sonnet, Thinking.FromLevel("high"))]);
        (served.MapsNameBack, served.DisplayName).ShouldBe((true, "Deep"));
        LeasedAlias.Of(served, Sonnet).ShouldBe(new LeasedAlias(true, Thinking.FromLevel("high")));
        LeasedAlias.Of(Claude(ModelRules.None).Find(Sonnet), Sonnet).ShouldBeNull();
    }

    [Theory]
    [InlineData("CLAUDE-SONNET-*", false)]
    [InlineData("*4-5*", false)]
    [InlineData("son*", false)]
    [InlineData("claude-opus-*", true)]
    public void Exclusions_hide_and_refuse_names_and_aliases_whatever_their_case(string pattern, bool isLeft)
    {
        var models = Claude(Aliases(new ModelAlias(Sonnet, "sonnet")) with { Excluded = [pattern] });

        models.Serves("sonnet").ShouldBe(isLeft);
        models.Listed.Contains("sonnet").ShouldBe(isLeft);
    }

    [Theory]
    [InlineData(false, Sonnet, true)]
    [InlineData(false, "team/" + Sonnet, true)]
    [InlineData(true, Sonnet, false)]
    [InlineData(true, "team/" + Sonnet, true)]
    [InlineData(true, "other/" + Sonnet, false)]
    [InlineData(true, "team/sonnet", true)]
    [InlineData(true, "sonnet", false)]
    public void Prefix_is_another_name_or_the_only_one(bool only, string asked, bool isServed)
    {
        var models = Claude(Aliases(new ModelAlias(Sonnet, "sonnet") { Fork = true }) with { Prefix = "team", OnlyPrefixed = only });

        models.Serves(asked).ShouldBe(isServed);
        models.Listed.Contains(asked).ShouldBe(isServed);
    }

    [Fact]
    public void Prefix_that_is_a_models_name_keeps_the_name_alive() =>
        Claude(ModelRules.None with { Prefix = Sonnet, OnlyPrefixed = true }).Serves(Sonnet).ShouldBeTrue();

    [Fact]
    public void List_of_a_key_serves_what_it_names_and_nothing_else()
    {
        var models = new ListedModels(Aliases(new ModelAlias("vendor/large", "large"), new ModelAlias("vendor/small", "small") { Fork = true }));

        models.Listed.ShouldBe(["large", "small", "vendor/small"]);
        models.UpstreamName("Vendor/Large").ShouldBe("vendor/large");
        models.Serves("vendor/medium").ShouldBeFalse();
    }

    [Theory]
    [InlineData(null, "gpt-5.4", true)]
    [InlineData("free", "gpt-5.4", false)]
    [InlineData("plus", "gpt-5.4", true)]
    [InlineData("team", "gpt-5.3-codex-spark", false)]
    [InlineData("plus", "gpt-5.3-codex-spark", true)]
    [InlineData("free", "gpt-5.5", true)]
    [InlineData("free", "gpt-7-not-listed", true)]
    public void Plan_decides_what_a_chatgpt_account_has(string? plan, string model, bool isServed)
    {
        Codex(plan).Serves(model).ShouldBe(isServed);
        if (ModelCatalogue.Default.Find(model) is not null)
        {
            Codex(plan).Listed.Contains(model).ShouldBe(isServed);
        }
    }

    [Theory]
    [InlineData("Free", "free")]
    [InlineData("business", "team")]
    [InlineData("go", "team")]
    [InlineData("enterprise", "pro")]
    public void Plans_go_by_four_words(string told, string plan) => ChatGptPlans.Named(told).ShouldBe(plan);

    [Fact]
    public void Pool_is_blocked_only_when_all_of_it_is_and_until_the_first_is_back()
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var models = new ListedModels(Aliases(new ModelAlias("a", "pool"), new ModelAlias("b", "pool")));
        Cooldown Out(string model, int hours) => new(model, CooldownCause.ModelUnavailable, at, at.AddHours(hours), 0, 1, "made up");

        models.IsPooled("a").ShouldBeTrue();
        ModelPools.Blocked(models, [Out("a", 2)]).Keys.ShouldBe(["a"]);
        var blocked = ModelPools.Blocked(models, [Out("a", 2), Out("b", 1)]);
        blocked.Keys.Order().ShouldBe(["a", "b", "pool"]);
        blocked["pool"].Until.ShouldBe(at.AddHours(1));
    }

    [Fact]
    public void Rules_that_say_the_same_are_the_same()
    {
        Claude(Aliases(new ModelAlias(Sonnet, "s"))).ShouldBe(Claude(Aliases(new ModelAlias(Sonnet, "s"))));
        Claude(Aliases(new ModelAlias(Sonnet, "s"))).ShouldNotBe(Claude(Aliases(new ModelAlias(Sonnet, "s") { ForceMapping = true })));
        new ListedModels(Aliases(new ModelAlias("a", "s"))).ShouldBe(new ListedModels(Aliases(new ModelAlias("a", "s"))));
    }
}
