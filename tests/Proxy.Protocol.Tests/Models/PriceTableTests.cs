using System.Text;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.Tests.Models;

public sealed class PriceTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("claude-opus-4-5-20251101", 5, 25)]
    [InlineData("claude-opus-4-1-20250805", 15, 75)]
    [InlineData("claude-opus-4-20250514", 15, 75)]
    [InlineData("claude-opus-5", 5, 25)]
    [InlineData("claude-opus-5-5", 4, 20)]
    [InlineData("claude-sonnet-4-5-20250929", 3, 15)]
    [InlineData("claude-sonnet-5", 2, 10)]
    [InlineData("claude-haiku-4-5-20251001", 1, 5)]
    [InlineData("gpt-5.4", 2.5, 15)]
    [InlineData("gpt-5.4-mini", 0.75, 4.5)]
    [InlineData("gpt-5.4-2026-03-05", 2.5, 15)]
    [InlineData("GPT-5.1-Codex", 1.25, 10)]
    public void A_model_has_the_price_that_its_provider_lists(string model, double input, double output)
    {
        var rates = PriceTable.Default.Find(model, Now).ShouldNotBeNull().Rates;
        (rates.Input, rates.Output).ShouldBe(((decimal)input, (decimal)output));
    }

    [Theory]
    [InlineData("gpt-5.3-codex-spark")] // in no price list of the API
    [InlineData("claude-opus-5-9")]
    [InlineData("gpt-5.44")]
    [InlineData("sandbox-chat")]
    [InlineData("")]
    public void A_model_that_no_list_names_has_no_price(string model) => PriceTable.Default.Find(model, Now).ShouldBeNull();

    [Fact]
    public void Every_model_of_the_catalogue_that_may_be_asked_for_has_a_price_but_the_known_ones() =>
        ModelCatalogue.Default.Models.Where(m => !m.IsRetired && PriceTable.Default.Find(m.Id, Now) is null).Select(m => m.Id)
            .ShouldBe(["gpt-5.3-codex-spark", "codex-auto-review"], ignoreOrder: true);

    [Fact]
    public void A_price_counts_from_its_day_on()
    {
        decimal InputOf(string day) => PriceTable.Default.Find("gpt-5.6-luna", DateTimeOffset.Parse(day + "T00:00:00Z")).ShouldNotBeNull().Rates.Input;

        PriceTable.Default.Find("gpt-5.6-luna", DateTimeOffset.Parse("2026-07-08T23:59:59Z")).ShouldBeNull();
        InputOf("2026-07-09").ShouldBe(1m);
        InputOf("2026-07-29").ShouldBe(1m);
        InputOf("2026-07-30").ShouldBe(0.2m);
    }

    [Fact]
    public void Each_kind_of_token_has_its_own_rate()
    {
        var price = PriceTable.Default.Find("claude-sonnet-4-5", Now).ShouldNotBeNull();
        price.Of(new Usage(1_000_000, 0, 0, 0, null)).ShouldBe(3m);
        price.Of(new Usage(0, 1_000_000, 0, 0, null)).ShouldBe(0.3m);
        price.Of(new Usage(0, 0, 1_000_000, 0, null)).ShouldBe(3.75m);
        price.Of(new Usage(0, 0, 1_000_000, 0, null) { CacheWriteLong = 400_000 }).ShouldBe((0.6m * 3.75m) + (0.4m * 6m));
        price.Of(new Usage(0, 0, 0, 1_000_000, 900_000)).ShouldBe(15m, "reasoning is a part of the output, not more of it");
        price.Of(Usage.Unknown).ShouldBe(0m);
        PriceTable.Default.Find("gpt-5.4", Now).ShouldNotBeNull().Of(new Usage(0, 0, 1_000_000, 0, null)).ShouldBe(5m, "no rate of its own for writing: as input (and this prompt is a long one)");
    }

    [Fact]
    public void A_long_prompt_costs_its_own_tariff_for_the_whole_request()
    {
        var price = PriceTable.Default.Find("gpt-5.4", Now).ShouldNotBeNull();
        price.Of(new Usage(72_000, 200_000, 0, 1000, null)).ShouldBe(((72_000 * 2.5m) + (200_000 * 0.25m) + (1000 * 15m)) / 1_000_000);
        price.Of(new Usage(72_001, 200_000, 0, 1000, null)).ShouldBe(((72_001 * 5m) + (200_000 * 0.5m) + (1000 * 22.5m)) / 1_000_000);
    }

    [Fact]
    public void A_file_of_the_owners_counts_first_and_adds()
    {
        var own = PriceTable.Read(Encoding.UTF8.GetBytes("""
            // of my own
            { "prices": [
                { "models": ["gpt-5.4*"], "input": 1, "output": 2, },
                { "models": ["lab/*"], "input": 0.5, "output": 0.5, "from": "2026-12-01" },
            ] }
            """));
        var table = PriceTable.Default.Under(own);

        table.Find("gpt-5.4", Now).ShouldNotBeNull().Rates.ShouldBe(new TokenRates(1, 2));
        table.Find("gpt-5.5", Now).ShouldNotBeNull().Rates.Input.ShouldBe(5m);
        table.Find("lab/large", Now).ShouldBeNull();
        table.Find("lab/large", Now.AddDays(10)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"prices":[null]}""")]
    [InlineData("""{"prices":[{"models":[],"input":1,"output":1}]}""")]
    [InlineData("""{"prices":[{"models":[null],"input":1,"output":1}]}""")]
    [InlineData("""{"prices":[{"models":["a"],"input":1}]}""")]
    [InlineData("""{"prices":[{"models":["a"],"input":-1,"output":1}]}""")]
    [InlineData("""{"prices":[{"models":["a"],"input":1,"output":1,"cache_read":1}]}""")]
    [InlineData("""{"prices":[{"models":["a"],"input":1,"output":1,"from":"soon"}]}""")]
    public void A_file_of_another_form_is_refused_with_the_place(string json) =>
        Should.Throw<FormatException>(() => PriceTable.Read(Encoding.UTF8.GetBytes(json))).Message.ShouldNotBeEmpty();

    [Fact]
    public void Every_price_says_where_it_is_from()
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream("prices.json")!;
        using var json = System.Text.Json.JsonDocument.Parse(stream);
        var sources = json.RootElement.GetProperty("sources").EnumerateObject().Select(s => s.Name).ToHashSet();
        foreach (var price in json.RootElement.GetProperty("prices").EnumerateArray())
        {
            sources.ShouldContain(price.GetProperty("source").GetString()!);
        }

        foreach (var source in json.RootElement.GetProperty("sources").EnumerateObject())
        {
            source.Value.GetProperty("page").GetString().ShouldNotBeNull().ShouldStartWith("https://");
            source.Value.GetProperty("read").GetString().ShouldNotBeNull().ShouldMatch(@"^\d{4}-\d\d-\d\d");
        }
    }
}
