using System.Buffers;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

public sealed class CompatibleExchangeTests
{
    private static readonly UpstreamTarget Levels = Target(UpstreamKind.Compatible) with
    {
        Info = new ModelInfo { Id = "m", Kind = UpstreamKind.Compatible, Thinking = new ThinkingAbility(0, 0, false, false, ["low", "high"]) },
    };

    [Theory]
    [InlineData("""{"model":"m","messages":[]}""", """{"model":"m","messages":[]}""")]
    [InlineData("""{"model":"m","messages":[],"stream":true}""", """{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","messages":[],"stream_options":null,"stream":true}""", """{"model":"m","messages":[],"stream_options":{"include_usage":true},"stream":true}""")]
    [InlineData("""{"model":"m","messages":[],"stream_options":{"include_usage":false},"stream":true}""", """{"model":"m","messages":[],"stream_options":{"include_usage":false},"stream":true}""")]
    [InlineData("""{"model":"m","reasoning_effort":"minimal","messages":[]}""", """{"model":"m","reasoning_effort":"low","messages":[]}""")]
    [InlineData("""{"model":"m","reasoning_effort":"high","messages":[]}""", """{"model":"m","reasoning_effort":"high","messages":[]}""")]
    public void Chat_body_is_edited_where_the_rules_say(string body, string expected) =>
        Write(Open(Request(Dialect.OpenAIChat, body), Levels)).ShouldBe(expected);

    [Fact]
    public void Suffix_sets_the_effort() =>
        Write(Open(Request(Dialect.OpenAIChat, """{"model":"m","messages":[]}"""), Levels with { Thinking = new ThinkingWish(ThinkingMode.Level, "high") }))
            .ShouldBe("""{"model":"m","messages":[],"reasoning_effort":"high"}""");

    [Fact]
    public void Effort_for_a_model_that_cannot_think_is_taken_out() =>
        Write(Open(Request(Dialect.OpenAIChat, """{"model":"m","reasoning_effort":"high","messages":[]}"""), Target(UpstreamKind.Compatible) with { Info = new ModelInfo { Id = "m", Kind = UpstreamKind.Compatible } }))
            .ShouldBe("""{"model":"m","messages":[]}""");

    [Theory]
    [InlineData("[]", """[{"role":"system","content":"Own"}]""")]
    [InlineData("""[{"role":"user","content":"x"}]""", """[{"role":"system","content":"Own"},{"role":"user","content":"x"}]""")]
    public void Owners_preamble_is_a_system_message_in_front(string messages, string expected) =>
        Write(Open(Request(Dialect.OpenAIChat, $$"""{"model":"m","messages":{{messages}}}"""), Target(UpstreamKind.Compatible) with { SystemPreamble = "Own" }))
            .ShouldBe($$"""{"model":"m","messages":{{expected}}}""");

    [Theory]
    [InlineData("\"say \\u00e9\"", "\"say \\u00e9\"")]
    [InlineData("\"\"", "\"Complete this:\"")]
    [InlineData("null", "\"Complete this:\"")]
    [InlineData("[\"a\",\"b\"]", "\"a\\nb\"")]
    public void Legacy_prompt_becomes_a_user_message(string prompt, string content)
    {
        var request = Legacy($$"""{"model":"m","prompt":{{prompt}},"max_tokens":5,"echo":true,"suffix":"x","best_of":2,"logprobs":3,"stop":["a"]}""");

        request.IsLegacyCompletion.ShouldBeTrue();
        Encoding.UTF8.GetString(request.Body.Span).ShouldBe($$"""{"model":"m","max_tokens":5,"logprobs":true,"top_logprobs":3,"stop":["a"],"messages":[{"role":"user","content":{{content}}}]}""");
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":[1,2]}""", "prompt must be a string or an array of strings")]
    [InlineData("""{"model":"m","prompt":{}}""", "prompt must be a string or an array of strings")]
    [InlineData("""{"prompt":"x"}""", "model is required")]
    [InlineData("""{"prompt":"x",""", "the body is not valid JSON (line 1, byte 14)")]
    public void Bad_legacy_body_is_explained(string body, string message)
    {
        CompletionsRequest.Read(Encoding.UTF8.GetBytes(body), new Dictionary<string, string>(StringComparer.Ordinal), out var problem).ShouldBeNull();
        problem!.Message.ShouldBe(message);
    }

    [Fact]
    public void Legacy_stream_is_text_completions()
    {
        var stream = Open(Legacy("""{"model":"m","prompt":"x","stream":true}"""), Target(UpstreamKind.Compatible)).OpenStream();

        var (output, kinds) = Run(
            stream,
            "data: {\"id\":\"c1\",\"created\":7,\"model\":\"mm\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n"
            + "data: {\"id\":\"c1\",\"created\":7,\"model\":\"mm\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"h\\u00e9\"},\"finish_reason\":null}]}\n\n"
            + "data: {\"id\":\"c1\",\"created\":7,\"model\":\"mm\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: [DONE]\n\n");

        output.ShouldBe(
            "data: {\"id\":\"c1\",\"object\":\"text_completion\",\"created\":7,\"model\":\"mm\",\"choices\":[{\"text\":\"h\\u00e9\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}\n\n"
            + "data: {\"id\":\"c1\",\"object\":\"text_completion\",\"created\":7,\"model\":\"mm\",\"choices\":[{\"text\":\"\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n"
            + "data: [DONE]\n\n");
        kinds.ShouldBe([FrameKind.Handshake, FrameKind.Content, FrameKind.Content, FrameKind.Terminal]);
        stream.IsComplete.ShouldBeTrue();
    }

    [Fact]
    public void Legacy_answer_is_a_text_completion()
    {
        var output = new ArrayBufferWriter<byte>();
        var exchange = Open(Legacy("""{"model":"m","prompt":"x"}"""), Target(UpstreamKind.Compatible));

        var result = exchange.WriteSingle("""{"id":"c1","object":"chat.completion","created":7,"model":"mm","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"""u8.ToArray(), output);

        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe("""{"id":"c1","object":"text_completion","created":7,"model":"mm","choices":[{"text":"hi","index":0,"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}""");
        result.Usage.Output.ShouldBe(2);
    }

    private static ClientRequest Legacy(string body)
    {
        var request = CompletionsRequest.Read(Encoding.UTF8.GetBytes(body), new Dictionary<string, string>(StringComparer.Ordinal), out var problem);
        problem.ShouldBeNull();
        return request!;
    }
}
