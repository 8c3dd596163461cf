using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Requests;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>The legacy <c>/v1/completions</c>: a Chat request in older clothes (spec/protocols.md 11).</summary>
public sealed class CompletionsExchangeTests
{
    [Theory]
    [InlineData("\"say \\u00e9\"", "\"say \\u00e9\"")]
    [InlineData("\"\"", "\"Complete this:\"")]
    [InlineData("null", "\"Complete this:\"")]
    [InlineData("[\"a\",\"b\"]", "\"a\\nb\"")]
    public void Legacy_prompt_becomes_a_user_message(string prompt, string content)
    {
        var request = Legacy($$"""{"model":"m","prompt":{{prompt}},"max_tokens":5,"echo":false,"suffix":"","best_of":2,"logprobs":3,"stop":["a"]}""");

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

    [Theory]
    [InlineData("""{"model":"m","prompt":[[1],[2]]}""", "prompt must be a string or an array of strings")]
    [InlineData("""{"model":"m","prompt":["a",2]}""", "prompt must be a string or an array of strings")]
    [InlineData("""{"model":"m","prompt":"x","suffix":"end"}""", "suffix is not supported: the models behind this proxy write on, they don't fill in")]
    [InlineData("""{"model":"m","prompt":"x","stream":"yes"}""", "stream must be true or false")]
    public void What_a_chat_model_can_not_do_is_said(string body, string message)
    {
        CompletionsRequest.Read(Encoding.UTF8.GetBytes(body), new Dictionary<string, string>(StringComparer.Ordinal), out var problem).ShouldBeNull();
        problem!.Message.ShouldBe(message);
    }

    [Fact]
    public void Members_that_chat_has_too_are_carried() =>
        Encoding.UTF8.GetString(Legacy("""{"model":"m","prompt":"x","temperature":0.50,"top_p":1,"frequency_penalty":0.1,"presence_penalty":0.2,"stop":["a","b"],"n":2,"seed":7,"user":"u","logit_bias":{"50256":-100},"stream":true,"stream_options":{"include_usage":true},"logprobs":null,"best_of":3}""").Body.Span)
            .ShouldBe("""{"model":"m","temperature":0.50,"top_p":1,"frequency_penalty":0.1,"presence_penalty":0.2,"stop":["a","b"],"n":2,"seed":7,"user":"u","logit_bias":{"50256":-100},"stream":true,"stream_options":{"include_usage":true},"logprobs":null,"messages":[{"role":"user","content":"x"}]}""");

    [Fact]
    public void Echo_puts_the_prompt_in_front_of_every_choice_of_a_stream_once()
    {
        var stream = Open(Legacy("""{"echo":true,"model":"m","prompt":["a \"1\"","b"],"n":2,"stream":true}"""), Target(UpstreamKind.Compatible)).OpenStream();

        var (output, _) = Run(
            stream,
            "data: {\"id\":\"c\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n"
            + "data: {\"id\":\"c\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n"
            + "data: {\"id\":\"c\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"y\"}}]}\n\n"
            + "data: {\"id\":\"c\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"z\"}},{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: [DONE]\n\n");

        Texts(output).ShouldBe([(0, "a \"1\"\nbx"), (1, "a \"1\"\nby"), (0, "z"), (1, "")]);
    }

    [Theory]
    [InlineData("\"x\"", "xhi")]
    [InlineData("\"\"", "hi")]
    public void Echo_puts_the_prompt_in_front_of_an_answer(string prompt, string text)
    {
        var output = new ArrayBufferWriter<byte>();
        Open(Legacy($$"""{"model":"m","prompt":{{prompt}},"echo":true}"""), Target(UpstreamKind.Compatible))
            .WriteSingle("""{"id":"c1","object":"chat.completion","created":7,"model":"mm","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"""u8.ToArray(), output);

        JsonNode.Parse(output.WrittenSpan)!["choices"]![0]!["text"]!.GetValue<string>().ShouldBe(text);
    }

    [Fact]
    public void Probabilities_are_told_as_completions_tell_them()
    {
        var stream = Open(Legacy("""{"model":"m","prompt":"ab","echo":true,"logprobs":2,"stream":true}"""), Target(UpstreamKind.Compatible)).OpenStream();

        var (output, _) = Run(
            stream,
            """data: {"id":"c","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"é😀"},"logprobs":{"content":[{"token":"é","logprob":-0.10,"bytes":[195,169],"top_logprobs":[{"token":"é","logprob":-0.10},{"token":"e","logprob":-2}]},{"token":"😀","logprob":-1e-3,"top_logprobs":[]}]}}]}""" + "\n\n"
            + """data: {"id":"c","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"!"},"logprobs":{"content":[{"token":"!","logprob":-3,"top_logprobs":null}],"refusal":null},"finish_reason":"length"}]}""" + "\n\n"
            + "data: [DONE]\n\n");

        output.ShouldContain("\"logprobs\":{\"tokens\":[\"é\",\"😀\"],\"token_logprobs\":[-0.10,-1e-3],\"top_logprobs\":[{\"é\":-0.10,\"e\":-2},{}],\"text_offset\":[2,3]}");
        output.ShouldContain("\"logprobs\":{\"tokens\":[\"!\"],\"token_logprobs\":[-3],\"top_logprobs\":[{}],\"text_offset\":[4]},\"finish_reason\":\"length\"");
    }

    private static List<(int Index, string Text)> Texts(string stream) =>
        [.. stream.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal)).SelectMany(l => JsonNode.Parse(l[6..])!["choices"]!.AsArray()).Select(c => ((int)c!["index"]!, (string)c["text"]!))];

    private static ClientRequest Legacy(string body)
    {
        var request = CompletionsRequest.Read(Encoding.UTF8.GetBytes(body), new Dictionary<string, string>(StringComparer.Ordinal), out var problem);
        problem.ShouldBeNull();
        return request!;
    }
}
