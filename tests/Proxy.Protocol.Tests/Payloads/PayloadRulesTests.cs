using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Payloads;

namespace Proxy.Protocol.Tests.Payloads;

public sealed class PayloadRulesTests
{
    private static readonly PayloadFacts Facts = new("gpt-5.5", "team/gpt-5.5", UpstreamKind.Codex, Dialect.AnthropicMessages, null);

    [Theory]
    [InlineData("""{"a":1}""", "b", "2", """{"a":1,"b":2}""")]
    [InlineData("""{}""", "b", "2", """{"b":2}""")]
    [InlineData("""{"a":1}""", "a", "2", """{"a":1}""")]
    [InlineData("""{"a":null}""", "a", "2", """{"a":null}""")]
    [InlineData("""{"a":null}""", "a.b", "2", """{"a":{"b":2}}""")]
    [InlineData("""{"a":"text"}""", "a.b", "2", """{"a":"text"}""")]
    [InlineData("""{"a":{"b":1}}""", "a.c", "2", """{"a":{"b":1,"c":2}}""")]
    [InlineData("""{"a":[1]}""", "a.-1", "2", """{"a":[1,2]}""")]
    [InlineData("""{"a":[1]}""", "a.0", "2", """{"a":[1]}""")]
    [InlineData("""{"a":[1]}""", "a.3", "2", """{"a":[1,null,null,2]}""")]
    [InlineData("""{"a":[1]}""", "a.name", "2", """{"a":[1]}""")]
    public void A_default_is_put_where_nothing_is(string body, string path, string value, string expected) =>
        Applied(body, Rule(PayloadAction.Default, path, value)).ShouldBe(expected);

    [Theory]
    [InlineData("""{"a":1}""", "a", "2", """{"a":2}""")]
    [InlineData("""{"a":"text"}""", "a.b", "2", """{"a":{"b":2}}""")]
    [InlineData("""{"a":[1,{"b":2}]}""", "a.1.b", "3", """{"a":[1,{"b":3}]}""")]
    [InlineData("""{"a":[1]}""", "a.-1", "2", """{"a":[1,2]}""")]
    [InlineData("""{}""", "a.-1.b", "2", """{"a":[{"b":2}]}""")]
    [InlineData("""{}""", "a.1.b", "2", """{"a":[null,{"b":2}]}""")]
    [InlineData("""{"a":{"0":1}}""", "a.0", "2", """{"a":{"0":2}}""")]
    [InlineData("""{"a.b":1}""", "a\\.b", "2", """{"a.b":2}""")]
    [InlineData("""{"x":{"a.b*":1}}""", "x.a\\.b\\*", "2", """{"x":{"a.b*":2}}""")]
    [InlineData("""{ "a" : 1 , "b" : [ 1 , 2 ] }""", "b.0", "9", """{ "a" : 1 , "b" : [ 9 , 2 ] }""")]
    [InlineData("""{"a":1,"a":2}""", "a", "3", """{"a":1,"a":3}""")]
    public void An_override_is_put_whatever_is_there(string body, string path, string value, string expected) =>
        Applied(body, Rule(PayloadAction.Override, path.Replace("\\\\", "\\", StringComparison.Ordinal), value)).ShouldBe(expected);

    [Theory]
    [InlineData("""{"a":1,"b":2}""", "a", """{"b":2}""")]
    [InlineData("""{"a":1,"a":2,"b":2}""", "a", """{"b":2}""")]
    [InlineData("""{"a":{"b":1}}""", "a.b", """{"a":{}}""")]
    [InlineData("""{"a":[1,2,3]}""", "a.1", """{"a":[1,3]}""")]
    [InlineData("""{"a":[1,2,3]}""", "a.-1", """{"a":[1,2]}""")]
    [InlineData("""{"tools":[{"strict":true,"n":1},{"n":2},{"n":3,"strict":false}]}""", "tools.#.strict", """{"tools":[{"n":1},{"n":2},{"n":3}]}""")]
    [InlineData("""{"a":1}""", "b.c", """{"a":1}""")]
    public void A_filter_takes_out(string body, string path, string expected) =>
        Applied(body, Rule(PayloadAction.Filter, path)).ShouldBe(expected);

    [Fact]
    public void Of_several_defaults_the_first_counts_and_of_several_overrides_the_last()
    {
        Applied("{}", Rule(PayloadAction.Default, "a", "1"), Rule(PayloadAction.Default, "a", "2")).ShouldBe("""{"a":1}""");
        Applied("{}", Rule(PayloadAction.Override, "a", "1"), Rule(PayloadAction.Override, "a", "2")).ShouldBe("""{"a":2}""");
    }

    [Fact]
    public void Defaults_come_before_overrides_and_filters_come_last() =>
        Applied("{}", Rule(PayloadAction.Filter, "b"), Rule(PayloadAction.Override, "a", "2"), Rule(PayloadAction.Default, "a", "1"), Rule(PayloadAction.Default, "b", "1"))
            .ShouldBe("""{"a":2}""");

    [Theory]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("\"\\u00e4\"")]
    [InlineData("{ \"a\" : [ 1.50 ] }")]
    public void Values_keep_their_raw_text(string raw) => Applied("{}", Rule(PayloadAction.Override, "x", raw)).ShouldBe($"{{\"x\":{raw}}}");

    [Fact]
    public void What_no_rule_means_keeps_its_bytes()
    {
        const string Body = """{ "messages" : [ {"text":"\u00e4 /"} ] , "temperature":1.0,"n" :  2e0 }""";

        Applied(Body, Rule(PayloadAction.Override, "temperature", "0.5")).ShouldBe(Body.Replace("1.0", "0.5", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_rule_that_changes_anything_nothing_is_written()
    {
        var output = new ArrayBufferWriter<byte>();

        new PayloadRules([Rule(PayloadAction.Default, "a", "2"), Rule(PayloadAction.Filter, "b")]).Apply(Facts, """{"a":1}"""u8.ToArray(), output).ShouldBeFalse();
        new PayloadRules([Rule(PayloadAction.Override, "a", "2", new PayloadSelector { Model = "claude-*" })]).Apply(Facts, """{"a":1}"""u8.ToArray(), output).ShouldBeFalse();

        output.WrittenCount.ShouldBe(0);
        PayloadRules.None.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData("gpt-5.5", true)]
    [InlineData("gpt-*", true)]
    [InlineData("*", true)]
    [InlineData("team/*", true)]
    [InlineData("*5.5", true)]
    [InlineData("g*t*5", true)]
    [InlineData("GPT-*", false)]
    [InlineData("gpt-5", false)]
    [InlineData("gpt-5?5", false)]
    public void A_rule_names_the_upstreams_model_or_the_routed_one(string pattern, bool fits) => Fits(new PayloadSelector { Model = pattern }).ShouldBe(fits);

    [Theory]
    [InlineData(UpstreamKind.Codex, null, true)]
    [InlineData(UpstreamKind.Claude, null, false)]
    [InlineData(null, Dialect.AnthropicMessages, true)]
    [InlineData(null, Dialect.OpenAIChat, false)]
    [InlineData(UpstreamKind.Codex, Dialect.OpenAIChat, false)]
    public void Protocols_on_both_sides_are_looked_at(UpstreamKind? protocol, Dialect? from, bool fits) =>
        Fits(new PayloadSelector { Model = "*", Protocol = protocol, FromProtocol = from }).ShouldBe(fits);

    [Theory]
    [InlineData("team-*", "team-blue", true)]
    [InlineData("team-*", "other", false)]
    [InlineData("team-*", null, false)]
    public void Headers_of_the_client_must_fit(string pattern, string? sent, bool fits) =>
        Fits(new PayloadSelector { Model = "*", Headers = [new("X-Tier", pattern)] }, Facts with { Header = name => name == "X-Tier" ? sent : null }).ShouldBe(fits);

    [Theory]
    [InlineData("meta.client", "\"codex\"", true)]
    [InlineData("meta.client", "\"\\u0063odex\"", true)]
    [InlineData("meta.client", "\"other\"", false)]
    [InlineData("n", "1", true)]
    [InlineData("n", "1.5", false)]
    [InlineData("list", "[1,2]", true)]
    [InlineData("list", "[2,1]", false)]
    [InlineData("list.-1", "2", true)]
    [InlineData("list.0", "1.0", true)]
    [InlineData("missing", "null", false)]
    [InlineData("nothing", "null", true)]
    [InlineData("yes", "true", true)]
    public void Match_and_its_opposite_look_at_values(string path, string value, bool isEqual)
    {
        var expectation = new PayloadExpectation(Path(path), Encoding.UTF8.GetBytes(value));

        Fits(new PayloadSelector { Model = "*", Match = [expectation] }).ShouldBe(isEqual);
        Fits(new PayloadSelector { Model = "*", NotMatch = [expectation] }).ShouldBe(!isEqual);
    }

    [Theory]
    [InlineData("meta.client", true)]
    [InlineData("list.1", true)]
    [InlineData("list.2", false)]
    [InlineData("nothing", false)]
    [InlineData("missing", false)]
    public void Exist_and_its_opposite_take_null_for_nothing(string path, bool exists)
    {
        Fits(new PayloadSelector { Model = "*", Exist = [Path(path)] }).ShouldBe(exists);
        Fits(new PayloadSelector { Model = "*", NotExist = [Path(path)] }).ShouldBe(!exists);
    }

    [Fact]
    public void One_of_a_rules_selectors_is_enough() =>
        Applied("{}", new PayloadRule(PayloadAction.Override, [new PayloadSelector { Model = "claude-*" }, new PayloadSelector { Model = "gpt-*" }], [Change("a", "1")])).ShouldBe("""{"a":1}""");

    [Fact]
    public void Conditions_look_at_the_body_as_it_was_before_any_rule() =>
        Applied(
            "{}",
            Rule(PayloadAction.Default, "a", "1"),
            Rule(PayloadAction.Override, "b", "1", new PayloadSelector { Model = "*", Exist = [Path("a")] })).ShouldBe("""{"a":1}""");

    [Theory]
    [InlineData("", "empty step")]
    [InlineData("a..b", "empty step")]
    [InlineData("a.", "empty step")]
    [InlineData("model", "decides about")]
    [InlineData("stream", "decides about")]
    [InlineData("a.#.b", "'#'")]
    [InlineData("a.*", "'*'")]
    [InlineData("a|b", "'|'")]
    [InlineData("a.@reverse", "'@'")]
    [InlineData("a.1000", "above 999")]
    [InlineData("a\\", "'\\'")]
    public void A_path_that_can_not_be_followed_is_refused_in_words(string written, string said)
    {
        PayloadPath.TryParse(written, mayMeanEach: false, out var path).ShouldNotBeNull().ShouldContain(said);
        path.ShouldBeNull();
    }

    [Fact]
    public void Rules_do_to_any_body_what_they_do_to_its_dom()
    {
        var names = Gen.Elements("a", "b", "c", "list");
        var value = Json(3);
        var body = Gen.ListOf(Gen.Zip(names, value)).Select(pairs => Object(pairs.Select(p => (p.Item1, p.Item2))));
        var step = Gen.Elements("a", "b", "0", "1", "3", "-1");
        var path = Gen.Zip(names, Gen.ListOf(step)).Select(p => string.Join('.', p.Item2.Take(3).Prepend(p.Item1)));
        var removal = Gen.Zip(names, Gen.ListOf(Gen.Elements("a", "b", "0", "1", "-1", "#"))).Select(p => string.Join('.', p.Item2.Take(3).Prepend(p.Item1)));
        var change = Gen.OneOf(
            Gen.Zip(path, value).Select(p => (Action: PayloadAction.Default, Path: p.Item1, Value: p.Item2)),
            Gen.Zip(path, value).Select(p => (Action: PayloadAction.Override, Path: p.Item1, Value: p.Item2)),
            removal.Select(p => (Action: PayloadAction.Filter, Path: p, Value: string.Empty)));
        var cases = Gen.Zip(body, Gen.ListOf(change).Select(c => c.Take(8).ToList()));

        Prop.ForAll(Arb.From(cases), given =>
        {
            var (json, changes) = given;
            var dom = JsonNode.Parse(json)!.AsObject();
            foreach (var (action, where, raw) in changes.OrderBy(c => c.Action))
            {
                NaivePayload.Apply(dom, action, where, raw.Length == 0 ? null : JsonNode.Parse(raw));
            }

            var applied = Applied(json, [.. changes.Select(c => c.Action == PayloadAction.Filter ? Rule(c.Action, c.Path) : Rule(c.Action, c.Path, c.Value))]);
            return JsonNode.DeepEquals(JsonNode.Parse(applied), dom)
                ? true
                : throw new InvalidOperationException($"{json} with {string.Join(" | ", changes)} became {applied}, not {dom.ToJsonString()}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(12));
    }

    private static Gen<string> Json(int depth)
    {
        var scalar = Gen.Elements("null", "true", "1", "-2.50", "\"text\"", "\"\\u00e4\\\"\"", "\"\"");
        return depth == 0 ? scalar : Gen.OneOf(
            scalar,
            Gen.ListOf(Json(depth - 1)).Select(e => $"[{string.Join(", ", e.Take(4))}]"),
            Gen.ListOf(Gen.Zip(Gen.Elements("a", "b", "0"), Json(depth - 1))).Select(pairs => Object(pairs.Select(p => (p.Item1, p.Item2)))));
    }

    private static string Object(IEnumerable<(string Name, string Value)> members) =>
        $"{{ {string.Join(" , ", members.DistinctBy(m => m.Name).Select(m => $"\"{m.Name}\" : {m.Value}"))} }}";

    private static bool Fits(PayloadSelector selector, PayloadFacts? facts = null) =>
        new PayloadRules([Rule(PayloadAction.Override, "marked", "true", selector)]).Apply(
            facts ?? Facts,
            """{"meta":{"client":"codex"},"n":1,"list":[1,2],"nothing":null,"yes":true}"""u8.ToArray(),
            new ArrayBufferWriter<byte>());

    private static string Applied(string body, params PayloadRule[] rules)
    {
        var output = new ArrayBufferWriter<byte>();
        return new PayloadRules(rules).Apply(Facts, Encoding.UTF8.GetBytes(body), output) ? Encoding.UTF8.GetString(output.WrittenSpan) : body;
    }

    private static PayloadRule Rule(PayloadAction action, string path, string value = "", PayloadSelector? selector = null) =>
        new(action, [selector ?? new PayloadSelector { Model = "*" }], [Change(path, value)]);

    private static PayloadChange Change(string path, string value) => new(Path(path), Encoding.UTF8.GetBytes(value));

    private static PayloadPath Path(string written)
    {
        PayloadPath.TryParse(written, mayMeanEach: true, out var path).ShouldBeNull();
        return path!;
    }
}
