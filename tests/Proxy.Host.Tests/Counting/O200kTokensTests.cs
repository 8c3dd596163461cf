using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Tokenizers;
using Proxy.Host.Counting;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;

namespace Proxy.Host.Tests.Counting;

/// <summary>Our count against that of the library which the vocabulary's package belongs to: written by others, so it judges.</summary>
public sealed class O200kTokensTests
{
    private static readonly Lazy<RankTable> Ranks = new(RankTable.ReadO200k);
    private static readonly Lazy<Tokenizer> Judge = new(Library);

    [Theory]
    [InlineData("", 0)]
    [InlineData("hello world", 2)]
    [InlineData("tiktoken is great!", 6)]
    [InlineData("antidisestablishmentarianism", 6)]
    [InlineData("2 + 2 = 4", 7)]
    [InlineData("お誕生日おめでとう", 8)]
    public void The_published_examples_count_as_published(string text, int tokens) => Count(text).ShouldBe(tokens);

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_clients_body_counts_as_the_library_counts_it(string file)
    {
        var text = File.ReadAllText(file);

        Count(text).ShouldBe(Judge.Value.CountTokens(text));
    }

    public static TheoryData<string> Golden => [.. Directory.EnumerateFiles(Path.Join(AppContext.BaseDirectory, "golden"), "*.json").Order(StringComparer.Ordinal)];

    [Fact]
    public void Any_text_counts_as_the_library_counts_it()
    {
        string[] pieces =
        [
            "word", "Word", "WORD", "camelCase", "it's", "WE'LL", " ", "  ", "\n", "\r\n", "\n\n  ", "\t", "123", "4567890", "!", "...", "/*", "*/\n", "=>",
            "é", "naïve", "e\u0301", "漢字", "日本語", "ไทย", "русский", "عربي", "😀", "👩‍💻", "\u00a0", "\u2028", "ß", "Ǆ", "ʰ", "x86_64", "http://a.b/c?d=e", "{\"k\":[1,2]}", "_", "\u0000",
        ];
        var texts = Gen.Elements(pieces).ListOf().Select(parts => string.Concat(parts));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(texts.ToArbitrary(), text => Count(text) == Judge.Value.CountTokens(text)));
    }

    [Fact]
    public void A_json_string_counts_as_the_text_it_stands_for()
    {
        const string Text = "Say \"hi\"\n\tto 😀 and \u4e2d";

        // with every sign escaped that may be, and with none but those that must
        New().Count(new JsonText(JsonSerializer.SerializeToUtf8Bytes(Text))).ShouldBe(Judge.Value.CountTokens(Text));
        New().Count(JsonText.FromString(Text)).ShouldBe(Judge.Value.CountTokens(Text));
    }

    [Fact]
    public void Half_a_surrogate_pair_and_bytes_that_are_no_text_are_counted_too()
    {
        New().Count(new JsonText("\"\\ud800\""u8.ToArray())).ShouldBePositive();
        New().Count([0xff, 0xfe, 0x80]).ShouldBePositive();
    }

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('=')]
    [InlineData('漢')]
    [InlineData('A')]
    public void A_run_longer_than_a_piece_is_at_most_a_token_per_piece_off(char letter)
    {
        var text = new string(letter, 5_000);
        var judged = Judge.Value.CountTokens(text);

        Count(text).ShouldBeInRange(judged - (5_000 / 256), judged + (5_000 / 256));
    }

    [Fact]
    public void A_long_run_costs_by_its_length_not_by_the_square_of_it()
    {
        // the library takes a second for 50,000 of them, and by the square of it would take half an hour for these
        Count(new string('a', 2_000_000)).ShouldBe(2_000_000 / 8);
    }

    [Fact]
    public void Beyond_its_budget_text_is_counted_roughly()
    {
        var words = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("words ", 100)));
        var tokens = new O200kTokens(Ranks, 1_000);

        tokens.Count(words).ShouldBe(Judge.Value.CountTokens(Encoding.UTF8.GetString(words)));
        tokens.Count(words).ShouldBe(RoughTokens.Instance.Count(words));
        tokens.Count("a"u8).ShouldBe(1);
    }

    private static long Count(string text) => New().Count(text.AsSpan());

    private static O200kTokens New() => new(Ranks);

    private static Tokenizer Library() => TiktokenTokenizer.CreateForEncoding("o200k_base");
}
