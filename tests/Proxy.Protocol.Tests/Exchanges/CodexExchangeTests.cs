using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

public sealed class CodexExchangeTests
{
    private const string Envelope = ""","instructions":"","stream":true,"store":false,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k"}""";

    [Fact]
    public void String_input_is_wrapped_and_the_envelope_added()
    {
        var exchange = Codex("""{"model":"m","input":"hi \u00e9"}""", ("session-id", "s-1"));

        Write(exchange).ShouldBe("""{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi \u00e9"}]}],"instructions":"","store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"s-1"}""");
        exchange.Headers.ShouldBe([new("Session-Id", "s-1")]);
        exchange.Path.ShouldBe("/responses");
        exchange.UpstreamStreams.ShouldBeTrue();
    }

    [Fact]
    public void Item_that_is_only_named_is_refused_by_its_id()
    {
        var exchange = Codex("""{"model":"m","input":[{"role":"user","content":"x"},{"type":"item_reference","id":"msg_\u0031"}]}""");
        var output = new System.Buffers.ArrayBufferWriter<byte>();

        exchange.WriteRequest(output)!.Message.ShouldBe("input item 'msg_1' is not known here: send the item itself");
        output.WrittenCount.ShouldBe(0);
    }

    [Fact]
    public void Compaction_passes_but_for_the_stream()
    {
        var body = """{"model":"m","stream":false,"input":[{"type":"message","role":"user","content":"x"}],"instructions":null,"anything":1e400,"stream_options":{},"service_tier":"flex"}""";
        var exchange = Open(Request(Dialect.OpenAIResponses, body, ("session-id", "s-1")), Target(UpstreamKind.Codex), Operation.Compact);

        Write(exchange).ShouldBe("""{"model":"m","input":[{"type":"message","role":"user","content":"x"}],"instructions":"","anything":1e400,"service_tier":"flex"}""");
        exchange.Path.ShouldBe("/responses/compact");
        exchange.UpstreamStreams.ShouldBeFalse();
        exchange.Headers.ShouldBe([new("Session-Id", "s-1")]);
    }

    [Fact]
    public void Unsupported_members_go_and_wrong_values_are_forced()
    {
        Write(Codex("""{"max_output_tokens":9,"model":"m","input":[],"temperature":1,"top_p":1,"truncation":"auto","user":"u","store":true,"stream":false,"include":[],"instructions":null,"service_tier":"flex","previous_response_id":"r","metadata":{},"background":false,"prompt_cache_key":"k","parallel_tool_calls":true,"stream_options":{"include_obfuscation":false}}"""))
            .ShouldBe("""{"model":"m","input":[],"store":false,"stream":true,"include":["reasoning.encrypted_content"],"instructions":"","prompt_cache_key":"k"}""");
    }

    [Theory]
    [InlineData("\"service_tier\":\"priority\"", true)]
    [InlineData("\"service_tier\":\"auto\"", false)]
    [InlineData("\"client_metadata\":{\"n\":1e400}", true)]
    [InlineData("\"text\":{\"verbosity\":\"low\"}", true)]
    [InlineData("\"stream_options\":{\"reasoning_summary_delivery\":\"x\"}", true)]
    [InlineData("\"stream_options\":{\"reasoning_summary_delivery\":\"x\",\"y\":1}", false)]
    [InlineData("\"parallel_tool_calls\":false,\"tools\":[{\"type\":\"custom\",\"name\":\"x\"}]", true)]
    [InlineData("\"parallel_tool_calls\":true,\"tools\":[]", false)]
    public void Member_is_kept_by_the_allow_list(string member, bool isKept)
    {
        var body = $$"""{"model":"m","input":[],{{member}}{{Envelope}}""";

        (Write(Codex(body)) == body).ShouldBe(isKept);
    }

    [Fact]
    public void Parallel_calls_default_to_true_where_there_are_tools()
    {
        var body = """{"model":"m","input":[],"tools":[{"type":"custom","name":"x"}]""" + Envelope;

        Write(Codex(body)).ShouldBe(body[..^1] + ",\"parallel_tool_calls\":true}");
    }

    [Theory]
    [InlineData("""{"role":"system","content":"x"}""", """{"type":"message","role":"developer","content":"x"}""")]
    [InlineData("""{ "role":"user","content":[{"type":"input_text","text":"x","prompt_cache_breakpoint":{"a":1}},{"prompt_cache_breakpoint":1,"type":"input_text","text":"y"}]}""", """{"type":"message", "role":"user","content":[{"type":"input_text","text":"x"},{"type":"input_text","text":"y"}]}""")]
    [InlineData("""{"type":"message","id":"abc","role":"user","content":"x"}""", """{"type":"message","id":"msg_abc","role":"user","content":"x"}""")]
    [InlineData("""{"id":"x1","type":"function_call","call_id":"c","name":"n","arguments":"{}"}""", """{"id":"fc_x1","type":"function_call","call_id":"c","name":"n","arguments":"{}"}""")]
    [InlineData("""{"type":"custom_tool_call","id":"x","call_id":"c","name":"n","input":""}""", """{"type":"custom_tool_call","id":"ctc_x","call_id":"c","name":"n","input":""}""")]
    [InlineData("""{"type":"custom_tool_call_output","id":"x","call_id":"c","output":""}""", """{"type":"custom_tool_call_output","id":"ctco_x","call_id":"c","output":""}""")]
    [InlineData("""{"type":"function_call_output","id":"fco_x","call_id":"c","output":""}""", """{"type":"function_call_output","id":"fco_x","call_id":"c","output":""}""")]
    [InlineData("""{"type":"reasoning","id":"rs_1","summary":[]}""", """{"type":"reasoning","summary":[]}""")]
    [InlineData("""{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":null}""", """{"type":"reasoning","summary":[]}""")]
    [InlineData("""{"id":"rs_1","type":"reasoning","encrypted_content":"EoAB","summary":[]}""", """{"type":"reasoning","summary":[]}""")]
    public void Item_is_mended(string item, string expected) =>
        Write(Codex($$"""{"model":"m","input":[{{item}},{"type":"made_up"}]{{Envelope}}""")).ShouldBe($$"""{"model":"m","input":[{{expected}},{"type":"made_up"}]{{Envelope}}""");

    [Fact]
    public void Long_id_is_shortened_always_to_the_same_one()
    {
        var id = "msg_" + new string('a', 100);
        string Body(string first, string second) => $$"""{"model":"m","input":[{"type":"message","id":"{{first}}","role":"user","content":"x"},{"type":"message","id":"{{second}}","role":"user","content":"y"}]{{Envelope}}""";

        var ids = System.Text.Json.JsonDocument.Parse(Write(Codex(Body(id, id + "b")))).RootElement.GetProperty("input").EnumerateArray().Select(i => i.GetProperty("id").GetString()!).ToList();
        var again = System.Text.Json.JsonDocument.Parse(Write(Codex(Body(id, id)))).RootElement.GetProperty("input").EnumerateArray().Select(i => i.GetProperty("id").GetString()!).ToList();

        ids.ShouldAllBe(i => i.Length == 64 && i.StartsWith(id.Substring(0, 47) + "_", StringComparison.Ordinal));
        ids[0].ShouldNotBe(ids[1]);
        again.ShouldBe([ids[0], ids[0]]);
    }

    [Fact]
    public void Reasoning_whose_id_is_too_long_for_its_content_is_dropped() =>
        Write(Codex($$"""{"model":"m","input":[{"type":"reasoning","id":"rs_{{new string('x', 70)}}","encrypted_content":"{{CodexToken}}"},{"type":"made_up"}]{{Envelope}}"""))
            .ShouldBe($$"""{"model":"m","input":[{"type":"made_up"}]{{Envelope}}""");

    [Fact]
    public void Stripping_reasoning_takes_reasoning_and_compaction_and_their_edits()
    {
        var body = $$"""{"model":"m","input":[{"type":"reasoning","id":"x","summary":[],"encrypted_content":"{{CodexToken}}"},{"type":"message","role":"system","content":"s"},{"type":"compaction","encrypted_content":"{{CodexToken}}"}]{{Envelope}}""";

        Write(Codex(body)).ShouldBe(body.Replace("\"id\":\"x\"", "\"id\":\"rs_x\"", StringComparison.Ordinal).Replace("\"system\"", "\"developer\"", StringComparison.Ordinal));
        Write(Open(Request(Dialect.OpenAIResponses, body), Target(UpstreamKind.Codex) with { StripReasoning = true }))
            .ShouldBe($$"""{"model":"m","input":[{"type":"message","role":"developer","content":"s"}]{{Envelope}}""");
    }

    [Fact]
    public void Web_search_preview_is_renamed_everywhere()
    {
        string Body(string one, string two) => $$"""{"model":"m","input":[],"tools":[{"type":"{{one}}"},{"type":"function","name":"f","parameters":{"type":"web_search_preview"} }],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"{{two}}"}]},"parallel_tool_calls":true{{Envelope}}""";

        Write(Codex(Body("web_search_preview", "web_search_preview_2025_03_11"))).ShouldBe(Body("web_search", "web_search"));
        Write(Codex("""{"model":"m","input":[],"tools":[{"type":"web_search"}],"parallel_tool_calls":true,"tool_choice":{"type":"web_search_preview"}""" + Envelope))
            .ShouldBe("""{"model":"m","input":[],"tools":[{"type":"web_search"}],"parallel_tool_calls":true,"tool_choice":{"type":"web_search"}""" + Envelope);
    }

    [Theory]
    [InlineData("", "high", ""","reasoning":{"effort":"high"}""")]
    [InlineData(""","reasoning":{"summary":"auto"}""", "high", ""","reasoning":{"summary":"auto","effort":"high"}""")]
    [InlineData(""","reasoning":{"effort":"minimal","summary":"auto"}""", "high", ""","reasoning":{"effort":"high","summary":"auto"}""")]
    [InlineData(""","reasoning":{"effort":"minimal"}""", null, ""","reasoning":{"effort":"low"}""")]
    [InlineData(""","reasoning":{"effort":"medium"}""", null, ""","reasoning":{"effort":"medium"}""")]
    [InlineData(""","reasoning":null""", "low", ""","reasoning":{"effort":"low"}""")]
    public void Effort_follows_the_suffix_and_is_clamped_to_the_model(string reasoning, string? suffix, string expected)
    {
        var target = Target(UpstreamKind.Codex) with
        {
            Info = new ModelInfo { Id = "m", Kind = UpstreamKind.Codex, Thinking = new ThinkingAbility(0, 0, false, false, ["low", "medium", "high"]) },
            Thinking = suffix is null ? null : new ThinkingWish(ThinkingMode.Level, suffix),
        };
        var isAppended = reasoning.Length == 0;

        Write(Open(Request(Dialect.OpenAIResponses, $$"""{"model":"m","input":[]{{reasoning}}{{Envelope}}"""), target))
            .ShouldBe(isAppended ? "{\"model\":\"m\",\"input\":[]" + Envelope[..^1] + expected + "}" : $$"""{"model":"m","input":[]{{expected}}{{Envelope}}""");
    }

    [Fact]
    public void Cache_key_is_made_of_the_opening_where_the_client_gives_none()
    {
        string? Key(string body)
        {
            var exchange = Codex(body);
            using var json = System.Text.Json.JsonDocument.Parse(Write(exchange));
            var key = json.RootElement.TryGetProperty("prompt_cache_key", out var member) ? member.GetString() : null;
            exchange.Headers.Select(h => h.Value).ShouldBe(key is null ? [] : [key]);
            return key;
        }

        Key("""{"model":"m","input":"a","prompt_cache_key":""}""").ShouldBe(Key("""{"model":"m","input":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}"""));
        Key("""{"model":"m","input":"b"}""").ShouldNotBe(Key("""{"model":"m","input":"a"}"""));
        Key("""{"model":"m","input":[]}""").ShouldBeNull();
    }

    [Theory]
    [InlineData("\"instructions\":\"x\"", "\"instructions\":\"Own\\n\\nx\"")]
    [InlineData("\"instructions\":\"\"", "\"instructions\":\"Own\"")]
    public void Owners_preamble_stands_in_front_of_the_instructions(string instructions, string expected)
    {
        var body = $$"""{"model":"m","input":[],{{instructions}},"stream":true,"store":false,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k"}""";

        Write(Open(Request(Dialect.OpenAIResponses, body), Target(UpstreamKind.Codex) with { SystemPreamble = "Own" }))
            .ShouldBe(body.Replace(instructions, expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Body_put_in_place_of_another_is_read_anew()
    {
        var request = Request(Dialect.OpenAIResponses, GoldenBodies.Codex);
        var longer = GoldenBodies.Codex.Replace("read it", "read all of it, please", StringComparison.Ordinal);

        Write(Open(request with { Body = System.Text.Encoding.UTF8.GetBytes(longer) }, Target(UpstreamKind.Codex, "gpt-5.5"))).ShouldBe(longer);
    }

    private static Exchange Codex(string body, params (string Name, string Value)[] headers) => Open(Request(Dialect.OpenAIResponses, body, headers), Target(UpstreamKind.Codex));
}
