using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>The six pairs whose dialects differ, from the client's body to the client's answer.</summary>
public sealed class CrossDialectTests
{
    private const string LongTool = "mcp__a_server_with_a_very_long_name_that_goes_on_and_on__and_a_tool_of_it_that_does_so_too";

    /// <summary>An agent's second turn in each dialect: instructions, reasoning of either family, a call, its result, a tool with a long name.</summary>
    private static string Body(Dialect dialect, string model, bool stream = true) => (dialect switch
    {
        Dialect.AnthropicMessages => $$$$$$"""
            {"model":"{{{{{{model}}}}}}","max_tokens":4096,"stream":STREAM,"temperature":0.5,"thinking":{"type":"enabled","budget_tokens":2048},"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],
            "metadata":{"user_id":"user_x_account__session_11111111-2222-3333-4444-555555555555"},"tools":[{"name":"{{{{{{LongTool}}}}}}","description":"d","input_schema":{"type":"object","properties":{"p":{"type":"number"}}}}],"tool_choice":{"type":"auto"},
            "messages":[{"role":"user","content":"Look \u00e9 \"it\" up"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"{{{{{{ClaudeSignature}}}}}}"},{"type":"thinking","thinking":"hm","signature":"{{{{{{CodexToken}}}}}}"},{"type":"text","text":"I do."},{"type":"tool_use","id":"toolu_1","name":"{{{{{{LongTool}}}}}}","input":{"p":1.10}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":[{"type":"text","text":"no"}]},{"type":"text","text":"And now?"}]}]}
            """,
        Dialect.OpenAIChat => $$$$$$"""
            {"model":"{{{{{{model}}}}}}","max_tokens":4096,"stream":STREAM,"temperature":0.5,"top_p":0.9,"reasoning_effort":"low","stream_options":{"include_usage":true},"tools":[{"type":"function","function":{"name":"{{{{{{LongTool}}}}}}","parameters":{"type":"object","properties":{"p":{"type":"number"}}}}}],
            "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Look \u00e9 \"it\" up"}]},{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"call.1","type":"function","function":{"name":"{{{{{{LongTool}}}}}}","arguments":"{\"p\":1.10}"}}]},
            {"role":"tool","tool_call_id":"call.1","content":"no"},{"role":"user","content":"And now?"}]}
            """,
        _ => $$$$$$"""
            {"model":"{{{{{{model}}}}}}","max_output_tokens":4096,"stream":STREAM,"store":false,"temperature":0.5,"metadata":{"trace":"t-1"},"instructions":"Be brief.","reasoning":{"effort":"low","summary":"auto"},"include":["reasoning.encrypted_content"],
            "tools":[{"type":"function","name":"{{{{{{LongTool}}}}}}","parameters":{"type":"object","properties":{"p":{"type":"number"}}}},{"type":"namespace","name":"crm","description":"d","tools":[{"type":"function","name":"find","parameters":{"type":"object","properties":{}}}]},{"type":"custom","name":"run","description":"d"}],
            "input":[{"role":"developer","content":"Be polite."},{"type":"message","role":"user","content":[{"type":"input_text","text":"Look \u00e9 \"it\" up"}]},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"{{{{{{ClaudeSignature}}}}}}"},{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"{{{{{{CodexToken}}}}}}"},
            {"type":"function_call","id":"fc_1","call_id":"call_1","name":"{{{{{{LongTool}}}}}}","arguments":"{\"p\":1.10}"},{"type":"function_call_output","call_id":"call_1","output":"no"},{"role":"user","content":"And now?"}]}
            """,
    }).Replace("STREAM", stream ? "true" : "false", StringComparison.Ordinal);

    private static string Model(UpstreamKind kind) => kind == UpstreamKind.Claude ? "claude-sonnet-4-5-20250929" : "gpt-5.5";

    private static UpstreamTarget Aim(UpstreamKind kind) => new()
    {
        Kind = kind,
        Model = Model(kind),
        Info = ModelCatalogue.Default.Resolve(Model(kind)).Info,
        IsOAuth = kind != UpstreamKind.Compatible,
    };

    public static TheoryData<Dialect, UpstreamKind> Pairs => new()
    {
        { Dialect.OpenAIChat, UpstreamKind.Claude },
        { Dialect.OpenAIResponses, UpstreamKind.Claude },
        { Dialect.AnthropicMessages, UpstreamKind.Codex },
        { Dialect.OpenAIChat, UpstreamKind.Codex },
        { Dialect.AnthropicMessages, UpstreamKind.Compatible },
        { Dialect.OpenAIResponses, UpstreamKind.Compatible },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_pair_sends_what_its_upstream_demands(Dialect client, UpstreamKind kind)
    {
        var exchange = Open(Request(client, Body(client, Model(kind))), Aim(kind));

        var text = Write(exchange);

        using var document = JsonDocument.Parse(text);
        switch (kind)
        {
            case UpstreamKind.Claude:
                UpstreamBodies.CheckClaude(document.RootElement);
                exchange.Path.ShouldStartWith("/v1/messages");
                exchange.Headers.ShouldContain(new KeyValuePair<string, string>("anthropic-version", "2023-06-01"));
                exchange.Headers.Single(header => header.Key == "anthropic-beta").Value.Split(',').ShouldContain("oauth-2025-04-20");
                break;
            case UpstreamKind.Codex:
                UpstreamBodies.CheckCodex(document.RootElement);
                exchange.Path.ShouldBe("/responses");
                exchange.Headers.ShouldBe([new("Session-Id", document.RootElement.GetProperty("prompt_cache_key").GetString()!)]);
                break;
            default:
                UpstreamBodies.CheckChat(document.RootElement);
                exchange.Path.ShouldBe("/chat/completions");
                exchange.Headers.ShouldBeEmpty();
                break;
        }

        document.RootElement.GetProperty("model").GetString().ShouldBe(Model(kind));
        foreach (var words in (string[])["Be brief.", "And now?", "1.10"])
        {
            text.ShouldContain(words);
        }

        text.ShouldNotContain(kind == UpstreamKind.Claude ? CodexToken : ClaudeSignature);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Fault72_only_the_reasoning_of_the_upstreams_own_family_is_sent(Dialect client, UpstreamKind kind)
    {
        var own = kind == UpstreamKind.Claude ? ClaudeSignature : CodexToken;
        var body = Body(client, Model(kind));

        var kept = Write(Open(Request(client, body), Aim(kind)));
        var stripped = Write(Open(Request(client, body), Aim(kind) with { StripReasoning = true }));

        kept.Contains(own, StringComparison.Ordinal).ShouldBe(client != Dialect.OpenAIChat && kind != UpstreamKind.Compatible);
        stripped.ShouldNotContain(own);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Answer_has_the_clients_own_names(Dialect client, UpstreamKind kind)
    {
        var exchange = Open(Request(client, Body(client, Model(kind))), Aim(kind));
        using var request = JsonDocument.Parse(Write(exchange));
        var tool = request.RootElement.GetProperty("tools")[0];
        var wireName = (kind == UpstreamKind.Compatible ? tool.GetProperty("function") : tool).GetProperty("name").GetString()!;
        wireName.Length.ShouldBeLessThanOrEqualTo(kind == UpstreamKind.Claude ? 128 : 64);

        var (answer, _) = Run(exchange.OpenStream(), TranslatedStreams.Sample(kind.Dialect()).Replace("\"name\":\"ls\"", $"\"name\":\"{wireName}\"", StringComparison.Ordinal));

        answer.ShouldContain($"\"name\":\"{LongTool}\"");
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Compatible)]
    public void Call_of_a_namespaced_tool_comes_back_with_its_namespace(UpstreamKind kind)
    {
        var exchange = Open(Request(Dialect.OpenAIResponses, Body(Dialect.OpenAIResponses, Model(kind))), Aim(kind));
        Write(exchange).ShouldContain("\"name\":\"crm__find\"");

        var (answer, _) = Run(exchange.OpenStream(), TranslatedStreams.Sample(kind.Dialect()).Replace("\"name\":\"ls\"", "\"name\":\"crm__find\"", StringComparison.Ordinal));

        var call = Responses(answer, "response.output_item.done").Single(item => item.GetProperty("item").GetProperty("type").GetString() == "function_call").GetProperty("item");
        call.GetProperty("name").GetString().ShouldBe("find");
        call.GetProperty("namespace").GetString().ShouldBe("crm");
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Compatible)]
    public void Call_of_a_custom_tool_comes_back_as_one_with_plain_input(UpstreamKind kind)
    {
        var exchange = Open(Request(Dialect.OpenAIResponses, Body(Dialect.OpenAIResponses, Model(kind))), Aim(kind));
        Write(exchange);
        var upstream = kind == UpstreamKind.Claude
            ? TranslatedStreams.Sample(kind.Dialect()).Replace("""{\"p\":""", """{\"input\":""", StringComparison.Ordinal).Replace("1.10}", """\"say it\"}""", StringComparison.Ordinal)
            : TranslatedStreams.Sample(kind.Dialect()).Replace("""{\"p\":1.10}""", """{\"input\":\"say it\"}""", StringComparison.Ordinal);

        var (answer, _) = Run(exchange.OpenStream(), upstream.Replace("\"name\":\"ls\"", "\"name\":\"run\"", StringComparison.Ordinal));

        var call = Responses(answer, "response.output_item.done")[^1].GetProperty("item");
        call.GetProperty("type").GetString().ShouldBe("custom_tool_call");
        call.GetProperty("input").GetString().ShouldBe("say it");
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Compatible)]
    public void Response_object_repeats_the_small_members_of_its_request(UpstreamKind kind)
    {
        var exchange = Open(Request(Dialect.OpenAIResponses, Body(Dialect.OpenAIResponses, Model(kind))), Aim(kind));
        Write(exchange);

        var (answer, _) = Run(exchange.OpenStream(), TranslatedStreams.Sample(kind.Dialect()));

        var response = Responses(answer, "response.completed").ShouldHaveSingleItem().GetProperty("response");
        response.GetProperty("instructions").GetString().ShouldBe("Be brief.");
        response.GetProperty("temperature").GetDouble().ShouldBe(0.5);
        response.GetProperty("max_output_tokens").GetInt64().ShouldBe(4096);
        response.GetProperty("metadata").GetRawText().ShouldBe("""{"trace":"t-1"}""");
        response.GetProperty("reasoning").GetRawText().ShouldBe("""{"effort":"low","summary":"auto"}""");
        response.GetProperty("tools").GetArrayLength().ShouldBe(3);
        response.GetProperty("store").GetBoolean().ShouldBeFalse();
        foreach (var name in (string[])["id", "object", "created_at", "error", "incomplete_details", "model", "output", "parallel_tool_calls", "tool_choice", "top_p"])
        {
            response.TryGetProperty(name, out _).ShouldBeTrue(name);
        }
    }

    [Theory]
    [InlineData(UpstreamKind.Claude, true)]
    [InlineData(UpstreamKind.Codex, true)]
    [InlineData(UpstreamKind.Claude, false)]
    [InlineData(UpstreamKind.Codex, false)]
    public void Chat_client_gets_a_usage_chunk_when_it_asked_for_one(UpstreamKind kind, bool asks)
    {
        var body = Body(Dialect.OpenAIChat, Model(kind)).Replace("\"include_usage\":true", asks ? "\"include_usage\":true" : "\"include_usage\":false", StringComparison.Ordinal);
        var exchange = Open(Request(Dialect.OpenAIChat, body), Aim(kind));
        Write(exchange);

        var (answer, _) = Run(exchange.OpenStream(), TranslatedStreams.Sample(kind.Dialect()));

        answer.Contains("\"choices\":[],\"usage\":{", StringComparison.Ordinal).ShouldBe(asks);
        answer.ShouldEndWith("data: [DONE]\n\n");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Client_without_a_stream_gets_one_answer(Dialect client, UpstreamKind kind)
    {
        var exchange = Open(Request(client, Body(client, Model(kind), stream: false)), Aim(kind));
        using (var request = JsonDocument.Parse(Write(exchange)))
        {
            (request.RootElement.TryGetProperty("stream", out var stream) && stream.GetBoolean()).ShouldBe(exchange.UpstreamStreams);
        }

        exchange.UpstreamStreams.ShouldBe(kind == UpstreamKind.Codex);
        string answer;
        if (exchange.UpstreamStreams)
        {
            var gathered = exchange.OpenStream();
            Run(gathered, TranslatedStreams.Sample(kind.Dialect())).Output.ShouldBeEmpty();
            answer = Complete(gathered, out var isWhole);
            isWhole.ShouldBeTrue();
        }
        else
        {
            var output = new ArrayBufferWriter<byte>();
            exchange.WriteSingle(Single(kind), output).Error.ShouldBeNull();
            answer = Encoding.UTF8.GetString(output.WrittenSpan);
        }

        using var document = JsonDocument.Parse(answer);
        document.RootElement.GetRawText().ShouldContain("Hé");
        document.RootElement.TryGetProperty(client switch { Dialect.AnthropicMessages => "stop_reason", Dialect.OpenAIChat => "choices", _ => "output" }, out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tool_loop_for_claude_thinks_only_if_it_began_so(bool isClaudes)
    {
        var body = $$"""{"model":"m","input":[{"role":"user","content":"q"},{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"{{(isClaudes ? ClaudeSignature : CodexToken)}}"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"r"}],"reasoning":{"effort":"high"},"tools":[{"type":"function","name":"f"}]}""";

        using var document = JsonDocument.Parse(Write(Open(Request(Dialect.OpenAIResponses, body), Aim(UpstreamKind.Claude))));

        UpstreamBodies.CheckClaude(document.RootElement);
        var thinks = document.RootElement.TryGetProperty("thinking", out var thinking) && thinking.GetProperty("type").GetString() == "enabled";
        thinks.ShouldBe(isClaudes);
    }

    [Fact]
    public void Tokens_are_not_counted_by_an_upstream_that_cannot() =>
        Open(Request(Dialect.AnthropicMessages, Body(Dialect.AnthropicMessages, "gpt-5.5")), Aim(UpstreamKind.Codex), Operation.CountTokens)
            .WriteRequest(new ArrayBufferWriter<byte>()).ShouldNotBeNull();

    private static byte[] Single(UpstreamKind kind) => Encoding.UTF8.GetBytes(kind == UpstreamKind.Claude
        ? """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hé"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}"""
        : """{"id":"c1","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hé"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""");

    private static List<JsonElement> Responses(string answer, string name) =>
        Answers.Frames.Parse(Encoding.UTF8.GetBytes(answer)).Where(frame => frame.Name == name).Select(frame => Answers.Frames.Json(frame.Data)).ToList();
}
