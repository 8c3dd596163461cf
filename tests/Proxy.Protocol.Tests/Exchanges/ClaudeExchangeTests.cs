using System.Buffers;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

public sealed class ClaudeExchangeTests
{
    private const string Plain = """{"model":"m","max_tokens":20000,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public void Version_defaults_and_no_beta_is_invented()
    {
        var exchange = Claude(Plain);
        Write(exchange);

        exchange.Headers.ShouldBe([new("anthropic-version", "2023-06-01")]);
        exchange.Path.ShouldBe("/v1/messages");
        exchange.UpstreamStreams.ShouldBeFalse();
    }

    [Fact]
    public void Client_headers_and_betas_of_the_body_become_one_header()
    {
        var request = Request(
            Dialect.AnthropicMessages,
            """{"model":"m","betas":["b-2","b-1"],"messages":[],"stream":true}""",
            ("anthropic-version", "2026-10-21"),
            ("anthropic-beta", "b-1, b-3"));
        var exchange = Open(request, Target(UpstreamKind.Claude) with { IsOAuth = true });

        Write(exchange).ShouldBe("""{"model":"m","messages":[],"stream":true}""");
        exchange.Headers.ShouldBe([new("anthropic-version", "2026-10-21"), new("anthropic-beta", "b-1,b-3,b-2,oauth-2025-04-20")]);
        exchange.Path.ShouldBe("/v1/messages?beta=true");
        exchange.UpstreamStreams.ShouldBeTrue();
    }

    [Fact]
    public void OAuth_alone_adds_its_flag_and_asks_for_no_beta_endpoint()
    {
        var exchange = Claude(Plain, Target(UpstreamKind.Claude) with { IsOAuth = true });
        Write(exchange).ShouldBe(Plain);

        exchange.Headers.ShouldContain(new KeyValuePair<string, string>("anthropic-beta", "oauth-2025-04-20"));
        exchange.Path.ShouldBe("/v1/messages");
    }

    [Fact]
    public void Counting_tokens_drops_what_the_operation_refuses()
    {
        var exchange = Open(
            Request(Dialect.AnthropicMessages, """{"max_tokens":1,"model":"m","messages":[],"stream":true,"tools":[],"metadata":{},"temperature":1}"""),
            Target(UpstreamKind.Claude),
            Operation.CountTokens);

        Write(exchange).ShouldBe("""{"model":"m","messages":[],"tools":[]}""");
        exchange.Path.ShouldBe("/v1/messages/count_tokens");
        exchange.UpstreamStreams.ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"type":"thinking","thinking":"t","signature":"gAAAAabc"}""")]
    [InlineData("""{"type":"thinking","thinking":"t","signature":""}""")]
    [InlineData("""{"thinking":"t","type":"thinking"}""")]
    [InlineData("""{"type":"thinking","thinking":"t","signature":"not base64!"}""")]
    [InlineData("""{"type":"thinking","thinking":"t","signature":"AAAAAAAAAAAA"}""")]
    public void Thinking_with_a_foreign_signature_is_dropped_and_the_rest_kept(string block)
    {
        string Body(string content) => $$"""{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{{content}}]}]}""";
        const string Text = """{"type":"text","text":"é"}""";

        Write(Claude(Body($"{block}, {Text}"))).ShouldBe(Body(Text));
        Write(Claude(Body($"{Text} ,{block}"))).ShouldBe(Body(Text));
    }

    [Fact]
    public void Message_that_becomes_empty_goes_too()
    {
        Write(Claude("""{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"x"}]},{"role":"user","content":"b"}]}"""))
            .ShouldBe("""{"model":"m","messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}""");
    }

    [Fact]
    public void Signature_behind_a_mark_is_unmarked()
    {
        string Body(string signature) => $$"""{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"{{signature}}"}]}]}""";

        Write(Claude(Body("claude#" + ClaudeSignature))).ShouldBe(Body(ClaudeSignature));
        Write(Claude(Body(Convert.ToBase64String(Encoding.ASCII.GetBytes(ClaudeSignature))))).ShouldBe(Body(ClaudeSignature));
        Write(Claude(Body(ClaudeSignature.Replace("/", "\\/", StringComparison.Ordinal)))).ShouldBe(Body(ClaudeSignature.Replace("/", "\\/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Stripping_reasoning_takes_good_signatures_and_redacted_blocks_too()
    {
        var body = $$"""{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"{{ClaudeSignature}}"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"y"}]}]}""";

        Write(Claude(body)).ShouldBe(body);
        Write(Claude(body, Target(UpstreamKind.Claude) with { StripReasoning = true })).ShouldBe("""{"model":"m","messages":[{"role":"assistant","content":[{"type":"text","text":"y"}]}]}""");
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[],"system":"é \"x\""}""", """{"model":"m","messages":[],"system":[{"type":"text","text":"Own"},{"type":"text","text":"é \"x\""}]}""")]
    [InlineData("""{"model":"m","messages":[],"system":[ {"type":"text","text":"x"}]}""", """{"model":"m","messages":[],"system":[{"type":"text","text":"Own"}, {"type":"text","text":"x"}]}""")]
    [InlineData("""{"model":"m","messages":[],"system":[ ]}""", """{"model":"m","messages":[],"system":[{"type":"text","text":"Own"} ]}""")]
    [InlineData("""{"model":"m","messages":[],"system":null}""", """{"model":"m","messages":[],"system":[{"type":"text","text":"Own"}]}""")]
    [InlineData("""{"model":"m","messages":[]}""", """{"model":"m","messages":[],"system":[{"type":"text","text":"Own"}]}""")]
    public void Owners_preamble_stands_in_front_of_the_system_text(string body, string expected) =>
        Write(Claude(body, Target(UpstreamKind.Claude) with { SystemPreamble = "Own" })).ShouldBe(expected);

    [Theory]
    [InlineData("", ""","thinking":{"type":"enabled","budget_tokens":8192}""")]
    [InlineData(""","thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"low"}""", ""","thinking":{"type":"enabled","budget_tokens":8192,"display":"summarized"}""")]
    [InlineData(""","thinking":{"type":"disabled"},"output_config":{"effort":"low","format":{}}""", ""","thinking":{"type":"enabled","budget_tokens":8192},"output_config":{"format":{}}""")]
    public void Suffix_beats_the_thinking_of_the_body(string members, string expected)
    {
        var info = new ModelInfo { Id = "m", Kind = UpstreamKind.Claude, Thinking = new ThinkingAbility(1024, 128000, true, false, []) };
        var target = Target(UpstreamKind.Claude) with { Info = info, Thinking = new ThinkingWish(ThinkingMode.Level, "medium") };

        Write(Claude(Plain[..^1] + members + "}", target)).ShouldBe(Plain[..^1] + expected + "}");
    }

    [Theory]
    [InlineData("", ""","thinking":{"type":"adaptive"},"output_config":{"effort":"high"}""")]
    [InlineData(""","output_config":{"format":{}}""", ""","output_config":{"format":{},"effort":"high"},"thinking":{"type":"adaptive"}""")]
    [InlineData(""","output_config":{"effort":"low"}""", ""","output_config":{"effort":"high"},"thinking":{"type":"adaptive"}""")]
    [InlineData(""","tool_choice":{"type":"any"}""", ""","tool_choice":{"type":"any"}""")]
    public void Suffix_on_an_adaptive_model_sets_its_effort(string members, string expected)
    {
        var info = new ModelInfo { Id = "m", Kind = UpstreamKind.Claude, Thinking = new ThinkingAbility(0, 0, true, true, ["low", "high"]) };
        var target = Target(UpstreamKind.Claude) with { Info = info, Thinking = new ThinkingWish(ThinkingMode.Level, "high") };

        Write(Claude(Plain[..^1] + members + "}", target)).ShouldBe(Plain[..^1] + expected + "}");
    }

    [Fact]
    public void Single_answer_is_passed_on_and_its_usage_read()
    {
        const string Answer = """{"id":"msg_1","type":"message","content":[{"type":"text","text":"\u00e9"}],"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":20,"cache_creation":{"ephemeral_5m_input_tokens":5},"output_tokens":7}}""";
        var output = new ArrayBufferWriter<byte>();

        var result = Claude(Plain).WriteSingle(Encoding.UTF8.GetBytes(Answer), output);

        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe(Answer);
        result.Error.ShouldBeNull();
        result.Usage.ShouldBe(new(10, 20, 5, 7, null));
    }

    [Theory]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "overloaded_error", "Overloaded")]
    [InlineData("<html>", null, "the upstream sent an answer that can't be understood")]
    [InlineData("""{"type":"mess""", null, "the upstream sent an answer that can't be understood")]
    public void Single_error_is_told_apart_from_an_answer(string body, string? type, string message)
    {
        var output = new ArrayBufferWriter<byte>();

        var result = Claude(Plain).WriteSingle(Encoding.UTF8.GetBytes(body), output);

        output.WrittenCount.ShouldBe(0);
        result.Error!.Type.ShouldBe(type);
        result.Error.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("enabled\",\"budget_tokens\":2048", "disabled\"", true)]
    [InlineData("adaptive\"", "adaptive\"", true)]
    [InlineData("enabled\",\"budget_tokens\":2048", "enabled\",\"budget_tokens\":2048", false)]
    public void Tool_loop_that_loses_its_thinking_goes_on_without(string asked, string sent, bool isForeign)
    {
        var signature = isForeign ? CodexToken : ClaudeSignature;
        string Body(string thinking, string block) =>
            $$$$"""{"model":"m","max_tokens":4096,"thinking":{"type":"{{{{thinking}}}}},"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{{{{block}}}}{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}]}""";
        var thought = $$$$"""{"type":"thinking","thinking":"hm","signature":"{{{{signature}}}}"},""";

        Write(Claude(Body(asked, thought))).ShouldBe(Body(sent, isForeign ? string.Empty : thought));
    }

    [Fact]
    public void Turn_before_a_finished_one_may_lose_its_thinking()
    {
        var body = $$$$"""{"model":"m","thinking":{"type":"enabled","budget_tokens":2048},"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"{{{{ClaudeSignature}}}}"},{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]},{"role":"assistant","content":"done"},{"role":"user","content":"next"}]}""";

        Write(Claude(body, Target(UpstreamKind.Claude) with { StripReasoning = true })).ShouldContain("\"thinking\":{\"type\":\"enabled\"");
    }

    [Theory]
    [InlineData("""{"type":"clear_thinking_20251015","keep":"all"}""", "")]
    [InlineData("""{"type":"clear_thinking_20251015","keep":"all"}, {"type":"clear_tool_uses_20250919"}""", ""","context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]}""")]
    [InlineData("""{"type":"clear_tool_uses_20250919"}""", ""","context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]}""")]
    public void Thinking_that_was_switched_off_is_not_cleared_from_the_context(string asked, string sent)
    {
        var body = $$$$"""{"model":"m","max_tokens":4096,"messages":[],"thinking":{"type":"enabled","budget_tokens":2048},"context_management":{"edits":[{{{{asked}}}}]}}""";
        var target = Target(UpstreamKind.Claude) with { Info = ModelCatalogue.Default.Find("claude-sonnet-4-5-20250929"), Thinking = new ThinkingWish(ThinkingMode.None) };

        Write(Claude(body, target)).ShouldBe($$$$"""{"model":"m","max_tokens":4096,"messages":[],"thinking":{"type":"disabled"}{{{{sent}}}}}""");
        Write(Claude(body)).ShouldBe(body);
    }

    private static Exchange Claude(string body, UpstreamTarget? target = null) =>
        Open(Request(Dialect.AnthropicMessages, body), target ?? Target(UpstreamKind.Claude));
}
