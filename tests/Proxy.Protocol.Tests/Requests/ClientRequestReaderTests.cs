using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Tests.Requests;

public sealed class ClientRequestReaderTests
{
    private static readonly Dictionary<string, string> NoHeaders = new(StringComparer.OrdinalIgnoreCase);

    [Theory]
    [InlineData(Dialect.AnthropicMessages, """{"model":"claude-x(high)","stream":true,"messages":[]}""")]
    [InlineData(Dialect.OpenAIChat, """{"messages":[],"stream":true,"model":"claude-x(high)"}""")]
    [InlineData(Dialect.OpenAIResponses, """{ "input" : "hi", "model" : "claude-x(high)", "stream" : true }""")]
    [InlineData(Dialect.OpenAIResponses, "\uFEFF{\"input\":[],\"mod\\u0065l\":\"claude-x(\\u0068igh)\",\"stream\":true}")]
    public void Model_and_stream_are_found_wherever_they_stand(Dialect dialect, string body)
    {
        var request = Read(dialect, body);

        request.Model.ShouldBe("claude-x(high)");
        request.Stream.ShouldBeTrue();
        request.HasReasoning.ShouldBeFalse();
        request.BodyDialect.ShouldBe(dialect);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, "", "the body is empty", null)]
    [InlineData(Dialect.AnthropicMessages, "[]", "the body must be a JSON object", null)]
    [InlineData(Dialect.AnthropicMessages, "{\n\"model\":\"m\",}", "the body is not valid JSON (line 2, byte 13)", null)]
    [InlineData(Dialect.AnthropicMessages, "{\"model\":\"m\",\"messages\":[]} x", "the body is not valid JSON (line 1, byte 29)", null)]
    [InlineData(Dialect.AnthropicMessages, "{\"model\":\"m\",\"messages\":[", "the body is not valid JSON (line 1, byte 26)", null)]
    [InlineData(Dialect.AnthropicMessages, """{"messages":[]}""", "model is required", "model")]
    [InlineData(Dialect.AnthropicMessages, """{"messages":[],"model":7}""", "model must be a string", "model")]
    [InlineData(Dialect.AnthropicMessages, """{"messages":[],"model":""}""", "model must not be empty", "model")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m"}""", "messages is required", "messages")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","messages":"hi"}""", "messages must be an array", "messages")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","messages":[{},"hi"]}""", "messages.1 must be an object", "messages")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","messages":[],"stream":"yes"}""", "stream must be true or false", "stream")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m"}""", "messages is required", "messages")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":{}}""", "messages must be an array", "messages")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m"}""", "input is required", "input")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":{}}""", "input must be a string or an array", "input")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m\ud800","input":[]}""", "the body holds a string that is not valid UTF-8 or has an incomplete \\u escape", null)]
    public void Bad_body_is_explained_in_words(Dialect dialect, string body, string message, string? parameter)
    {
        var request = ClientRequestReader.Read(dialect, Encoding.UTF8.GetBytes(body), NoHeaders, out var problem);

        request.ShouldBeNull();
        problem!.Message.ShouldBe(message);
        problem.Parameter.ShouldBe(parameter);
    }

    [Fact]
    public void Chat_endpoint_recognises_a_Responses_shaped_body()
    {
        var request = Read(Dialect.OpenAIChat, """{"model":"m","instructions":"be brief","input":[{"role":"user","content":"hi"}]}""");

        request.Dialect.ShouldBe(Dialect.OpenAIChat);
        request.BodyDialect.ShouldBe(Dialect.OpenAIResponses);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"x"}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":"x"}]}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"reasoning","summary":[],"encrypted_content":"x"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"compaction","encrypted_content":"x"}]}""")]
    public void Reasoning_is_noticed(Dialect dialect, string body) => Read(dialect, body).HasReasoning.ShouldBeTrue();

    [Fact]
    public void Body_is_kept_as_it_came()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"model":"m","messages":[],"x":1e400,"y":12345678901234567890}""");

        var request = ClientRequestReader.Read(Dialect.AnthropicMessages, bytes, NoHeaders, out _)!;

        request.Body.Equals(bytes.AsMemory()).ShouldBeTrue();
    }

    [Fact]
    public void Deep_schema_is_no_error()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 300)) + "1" + new string('}', 300);

        Read(Dialect.OpenAIChat, $$"""{"model":"m","messages":[],"tools":[{{deep}}]}""").Model.ShouldBe("m");
    }

    [Fact]
    public void Bottomless_nesting_is_a_problem_and_no_crash()
    {
        ClientRequestReader.Read(Dialect.OpenAIChat, Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100_000)), NoHeaders, out var problem).ShouldBeNull();

        problem!.Message.ShouldStartWith("the body is not valid JSON");
    }

    [Fact]
    public void Large_body_is_read_with_few_allocations()
    {
        var history = string.Join(',', Enumerable.Range(0, 200).Select(i => $$"""{"role":"{{(i % 2 == 0 ? "user" : "assistant")}}","content":[{"type":"text","text":"{{new string('x', 1000)}}"}]}"""));
        var bytes = Encoding.UTF8.GetBytes($$"""{"model":"m","max_tokens":10,"stream":true,"messages":[{{history}}],"tools":[]}""");
        ClientRequestReader.Read(Dialect.AnthropicMessages, bytes, NoHeaders, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        ClientRequestReader.Read(Dialect.AnthropicMessages, bytes, NoHeaders, out _);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.ShouldBeLessThan(bytes.Length / 20);
    }

    private static ClientRequest Read(Dialect dialect, string body)
    {
        var request = ClientRequestReader.Read(dialect, Encoding.UTF8.GetBytes(body), NoHeaders, out var problem);
        problem.ShouldBeNull();
        return request!;
    }
}
