using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Protocol.Dialects;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>Pages that a text refers to, carried to the dialects that have a word for them (spec/protocols.md 6.2).</summary>
public sealed class CitationTests
{
    private const string Claude = """
        event: message_start
        data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Well, "}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: content_block_start
        data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[]}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://example.com/a","title":"A \"page\"","cited_text":"c","encrypted_index":"x"}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"caf\u00e9s"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","document_index":0,"cited_text":"c"}}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":1}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}

        event: message_stop
        data: {"type":"message_stop"}


        """;

    private const string Codex = """
        event: response.created
        data: {"type":"response.created","response":{"id":"r1","model":"m"}}

        event: response.output_item.done
        data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"m1","role":"assistant","content":[{"type":"output_text","text":"caf\u00e9s","annotations":[{"type":"url_citation","start_index":0,"end_index":5,"url":"https://example.com/a","title":"A \"page\""},{"type":"file_citation","file_id":"f"}]}]}}

        event: response.completed
        data: {"type":"response.completed","response":{"id":"r1","status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}}


        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Claudes_citation_is_an_annotation_of_a_response(bool stream)
    {
        var answer = Answer(Dialect.OpenAIResponses, UpstreamKind.Claude, Claude, stream);

        var parts = answer["output"]![0]!["content"]!.AsArray();
        parts[0]!["annotations"]!.AsArray().ShouldBeEmpty();
        parts[1]!["annotations"]!.ToJsonString().ShouldBe("""[{"type":"url_citation","start_index":0,"end_index":5,"url":"https://example.com/a","title":"A \u0022page\u0022"}]""");
    }

    [Fact]
    public void Annotation_is_told_before_its_text_is_done()
    {
        var (text, _) = Run(Open(Request(Dialect.OpenAIResponses, """{"model":"claude-x","stream":true,"input":"q"}""")).Item1, Claude);

        var added = text.IndexOf("response.output_text.annotation.added", StringComparison.Ordinal);
        added.ShouldBeGreaterThan(text.IndexOf("\"delta\":\"caf", StringComparison.Ordinal));
        added.ShouldBeLessThan(text.LastIndexOf("response.output_text.done", StringComparison.Ordinal));
        text.ShouldContain("\"annotation_index\":0");
    }

    [Theory]
    [InlineData(UpstreamKind.Claude, true, 6)]
    [InlineData(UpstreamKind.Claude, false, 6)]
    [InlineData(UpstreamKind.Codex, true, 0)]
    [InlineData(UpstreamKind.Codex, false, 0)]
    public void Citation_is_an_annotation_of_a_chat_message_by_its_place_in_the_content(UpstreamKind upstream, bool stream, int start)
    {
        var answer = Answer(Dialect.OpenAIChat, upstream, upstream == UpstreamKind.Claude ? Claude : Codex, stream);

        answer["annotations"]!.ToJsonString().ShouldBe(
            $$$"""[{"type":"url_citation","url_citation":{"start_index":{{{start}}},"end_index":{{{start + 5}}},"url":"https://example.com/a","title":"A \u0022page\u0022"}}]""");
    }

    [Fact]
    public void Annotation_of_a_chat_upstream_is_one_of_a_response()
    {
        const string Upstream = """{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"cafés","annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":5,"url":"https://example.com/a","title":"A"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";
        var output = new ArrayBufferWriter<byte>();
        var exchange = Exchanging.Open(Request(Dialect.OpenAIResponses, """{"model":"m","input":"q"}"""), Target(UpstreamKind.Compatible));
        Write(exchange);

        exchange.WriteSingle(Encoding.UTF8.GetBytes(Upstream), output).Error.ShouldBeNull();

        JsonNode.Parse(output.WrittenSpan)!["output"]![0]!["content"]![0]!["annotations"]!.AsArray().Single()!["url"]!.GetValue<string>().ShouldBe("https://example.com/a");
    }

    private static (Protocol.Exchanges.AnswerStream, string) Open(Protocol.Requests.ClientRequest request, UpstreamKind upstream = UpstreamKind.Claude)
    {
        var exchange = Exchanging.Open(request, Target(upstream));
        return (Opened(exchange), Write(exchange));
    }

    private static Protocol.Exchanges.AnswerStream Opened(Protocol.Exchanges.Exchange exchange)
    {
        Write(exchange);
        return exchange.OpenStream();
    }

    /// <summary>The response object, or the message of a completion, put together from a stream or in one.</summary>
    private static JsonNode Answer(Dialect client, UpstreamKind upstream, string wire, bool stream)
    {
        var input = client == Dialect.OpenAIChat ? "\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]" : "\"input\":\"q\"";
        var exchange = Exchanging.Open(Request(client, $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},{{input}}}"""), Target(upstream));
        var answer = Opened(exchange);
        var (text, _) = Run(answer, wire.ReplaceLineEndings("\n"));
        text += Complete(answer, out var isWhole);
        isWhole.ShouldBeTrue();
        if (!stream)
        {
            return client == Dialect.OpenAIChat ? JsonNode.Parse(text)!["choices"]![0]!["message"]! : JsonNode.Parse(text)!;
        }

        var events = text.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal)).Select(l => JsonNode.Parse(l["data: ".Length..])!).ToList();
        return client == Dialect.OpenAIChat
            ? events.Select(e => e["choices"]!.AsArray()).Where(c => c.Count > 0).Select(c => c[0]!["delta"]!).Single(d => d["annotations"] is not null)
            : events[^1]["response"]!;
    }
}
