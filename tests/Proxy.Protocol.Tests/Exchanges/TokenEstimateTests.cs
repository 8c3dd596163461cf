using System.Text;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Exchanges;

public class TokenEstimateTests
{
    [Fact]
    public void Prose_counts_about_a_token_and_a_bit_per_word()
    {
        var words = string.Join(' ', Enumerable.Repeat("The quick brown fox jumps over the lazy dog.", 100));

        Count(words).ShouldBeInRange(900, 1200);
    }

    [Fact]
    public void More_text_never_counts_less()
    {
        var text = "Añ 1234, {\"x\": [1,2]} \\n 漢字 😀 internationalisation";
        var last = 0L;
        for (var length = 0; length <= text.Length; length++)
        {
            var count = Count(text[..length].TrimEnd('\ud83d'));
            count.ShouldBeGreaterThanOrEqualTo(last);
            last = count;
        }
    }

    private static long Count(string text) => TokenEstimate.Count(new Conversation
    {
        Origin = Dialect.AnthropicMessages,
        Model = "m",
        Items = [new MessageItem(Role.User, [new TextPart(JsonText.FromString(text))])],
    });

    [Fact]
    public void Structure_is_counted_beside_the_texts()
    {
        var body = """{"model":"m","system":"s","messages":[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}]}""";
        var heard = new Listener();

        TokenEstimate.Count(Encoding.UTF8.GetBytes(body), heard, out var problem).ShouldBe(3 + 4 + 4 + 11 + 11);

        problem.ShouldBeNull();
        heard.Texts.ShouldBe(["s", "u", "n", "{\"a\":1}", "r"]);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "messages: Field required")]
    [InlineData("""{"model":"m","messages":{}}""", "messages: Input should be a valid list")]
    [InlineData("""{"model":"m","messages":[]}""", "messages: at least one message is required")]
    [InlineData("""{"model":"m","messages":["x"]}""", "messages.0: Input should be an object")]
    [InlineData("""{"model":"m","messages":[{"content":"x"}]}""", "messages.0.role: Field required")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","content":"x"}]}""", "messages.0.role: Input should be 'user', 'assistant' or 'system'")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user"}]}""", "messages.1.content: Field required")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":7}]}""", "messages.0.content: Input should be a valid string or list")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":["x"]}]}""", "messages.0.content.0: Input should be an object")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"text":"x"}]}]}""", "messages.0.content.1.type: Field required")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}""", "The body is not valid JSON")]
    [InlineData("[]", "The body must be a JSON object")]
    public void A_malformed_question_is_refused_and_no_text_counted(string body, string message)
    {
        var heard = new Listener();

        TokenEstimate.Count(Encoding.UTF8.GetBytes(body), heard, out var problem).ShouldBeNull();

        problem.ShouldNotBeNull().Message.ShouldBe(message);
        heard.Texts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"type":"object"}""", "// Lists.\ntype ls = () => any;\n\n")]
    [InlineData(
        """{"type":"object","properties":{"path":{"type":"string","description":"Where.\nFrom the root."},"depth":{"type":"integer","default":2},"kind":{"enum":["file","dir"]}},"required":["path"]}""",
        "// Lists.\ntype ls = (_: {\n// Where.\n// From the root.\npath: string,\ndepth?: number, // default: 2\nkind?: \"file\" | \"dir\",\n}) => any;\n\n")]
    [InlineData(
        """{"type":"object","properties":{"edits":{"type":"array","items":{"type":"object","properties":{"old":{"type":["string","null"]}},"required":["old"]}},"at":{"anyOf":[{"type":"number"},{"$ref":"#/x"}]},"any":true,"bare":{"type":"array"}}}""",
        "// Lists.\ntype ls = (_: {\nedits?: {\nold: string | null,\n}[],\nat?: number | any,\nany?: any,\nbare?: any[],\n}) => any;\n\n")]
    [InlineData("""{"properties":[1],"anyOf":2}""", "// Lists.\ntype ls = () => any;\n\n")]
    [InlineData("""{"properties":{"a":{"enum":3,"anyOf":{},"items":4,"description":5,"required":[6]}},"required":"a"}""", "// Lists.\ntype ls = (_: {\na?: any,\n}) => any;\n\n")]
    public void A_tool_is_counted_as_the_signature_that_the_model_reads(string schema, string signature)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"u"}],"tools":[{"name":"ls","description":"Lists.","input_schema":{{schema}}}]}""";
        var heard = new Listener();

        TokenEstimate.Count(Encoding.UTF8.GetBytes(body), heard, out var problem).ShouldNotBeNull(problem?.Message);

        heard.Texts.ShouldBe(["u", signature]);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"description":"\ud800"}}}""")]
    [InlineData("""{"properties":{"\ud800":{"type":"string"}}}""")]
    [InlineData("""{"\ud800":1,"properties":{"a":{}}}""")]
    [InlineData("""{"properties":{"a":{"default":"ÿ"}}}""")]
    public void A_schema_with_text_that_is_none_is_counted_all_the_same(string schema)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"u"}],"tools":[{"name":"ls","input_schema":{{schema}}}]}""";
        var heard = new Listener();

        // in Latin-1 the last one is no UTF-8
        TokenEstimate.Count(Encoding.Latin1.GetBytes(body), heard, out var problem).ShouldNotBeNull(problem?.Message);

        heard.Texts.Count.ShouldBe(2);
        heard.Texts[1].ShouldStartWith("type ls = (");
    }

    [Fact]
    public void A_member_whose_name_is_no_text_is_answered_with_a_problem_or_a_count()
    {
        var body = """{"model":"m","messages":[{"\ud800":1,"role":"user","content":"u"}]}"""u8.ToArray();

        (TokenEstimate.Count(body, new Listener(), out var problem) is null).ShouldBe(problem is not null);
    }

    [Fact]
    public void A_schema_as_deep_as_the_reader_takes_is_counted()
    {
        var schema = string.Concat(Enumerable.Repeat("""{"type":"object","properties":{"a":""", 200)) + "{}" + string.Concat(Enumerable.Repeat("}}", 200));
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"u"}],"tools":[{"name":"ls","input_schema":{{schema}}}]}""";

        TokenEstimate.Count(Encoding.UTF8.GetBytes(body), new Listener(), out var problem).ShouldNotBeNull(problem?.Message);
    }

    private sealed class Listener : ITextTokens
    {
        public List<string> Texts { get; } = [];

        public long Count(JsonText text) => Hear(text.ToString());

        public long Count(ReadOnlySpan<byte> utf8) => Hear(Encoding.UTF8.GetString(utf8));

        private long Hear(string text)
        {
            if (text.Length > 0)
            {
                Texts.Add(text);
            }

            return 0;
        }
    }
}
