using System.Text;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Failures;

public sealed class ErrorBodyTests
{
    [Theory]
    [InlineData(400, "invalid_request_error")]
    [InlineData(401, "authentication_error")]
    [InlineData(404, "not_found_error")]
    [InlineData(413, "request_too_large")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(502, "api_error")]
    [InlineData(504, "timeout_error")]
    [InlineData(529, "overloaded_error")]
    public void Anthropic_bodies_carry_the_type_of_their_status(int status, string type)
    {
        var body = Json(Dialect.AnthropicMessages, new ClientError(status, "words \"quoted\" <b>"), "req_1");

        body.GetProperty("type").GetString().ShouldBe("error");
        body.GetProperty("error").GetProperty("type").GetString().ShouldBe(type);
        body.GetProperty("error").GetProperty("message").GetString().ShouldBe("words \"quoted\" <b>");
        body.GetProperty("request_id").GetString().ShouldBe("req_1");
    }

    [Theory]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public void OpenAI_bodies_have_all_four_members(Dialect dialect)
    {
        var error = Json(dialect, new ClientError(404, "no such model \"a\nb\"", Code: "model_not_found", Parameter: "model"), null).GetProperty("error");

        error.GetProperty("message").GetString().ShouldBe("no such model \"a\nb\"");
        error.GetProperty("type").GetString().ShouldBe("invalid_request_error");
        error.GetProperty("code").GetString().ShouldBe("model_not_found");
        error.GetProperty("param").GetString().ShouldBe("model");
    }

    [Fact]
    public void A_used_up_pool_tells_responses_clients_when_it_resets()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

        var error = Json(Dialect.OpenAIResponses, new ClientError(429, "all out", "usage_limit_reached") { ResetsAt = at, ResetsInSeconds = 77 }, null).GetProperty("error");

        error.GetProperty("type").GetString().ShouldBe("usage_limit_reached");
        error.GetProperty("resets_at").GetInt64().ShouldBe(1_800_000_000);
        error.GetProperty("resets_in_seconds").GetInt64().ShouldBe(77);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, "event: error\n")]
    [InlineData(Dialect.OpenAIChat, "data: {\"error\"")]
    [InlineData(Dialect.OpenAIResponses, "event: response.failed\n")]
    public void Frames_are_whole_and_end_nothing_cleanly(Dialect dialect, string start)
    {
        using var output = new PooledBufferWriter();
        ErrorBody.WriteFrame(dialect, new ClientError(502, "cut"), new StreamPosition(7, default, default, 0), output);
        var text = Encoding.UTF8.GetString(output.Written.Span);

        text.ShouldStartWith(start);
        text.ShouldEndWith("\n\n");
        text.ShouldNotContain("[DONE]");
        text.ShouldNotContain("message_stop");
        JsonDocument.Parse(text[(text.IndexOf("data: ", StringComparison.Ordinal) + 6)..].Trim()).RootElement.ValueKind.ShouldBe(JsonValueKind.Object);
    }

    [Fact]
    public void A_body_of_the_clients_own_dialect_is_passed_on_as_it_came()
    {
        var body = """{"type":"error","error":{"type":"invalid_request_error","message":"x","details":{"a":1}}}"""u8.ToArray();
        var failure = FailureClassifier.Classify(new UpstreamError { Kind = UpstreamKind.Claude, Status = 400, Body = body }, DateTimeOffset.UnixEpoch);

        ErrorBody.For(failure, Dialect.AnthropicMessages).Verbatim.ToArray().ShouldBe(body);
        ErrorBody.For(failure, Dialect.OpenAIChat).Verbatim.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData(FailureClass.Unauthorized, 401)]
    [InlineData(FailureClass.Forbidden, 403)]
    public void An_upstreams_401_or_403_is_never_the_clients(FailureClass kind, int status)
    {
        var failure = new Failure { Class = kind, Scope = FailureScope.Account, Status = status, Message = "m" };

        ErrorBody.For(failure, Dialect.AnthropicMessages).Status.ShouldBe(503);
    }

    private static JsonElement Json(Dialect dialect, ClientError error, string? requestId)
    {
        using var output = new PooledBufferWriter();
        ErrorBody.WriteJson(dialect, error, requestId, output);
        return JsonDocument.Parse(output.Written).RootElement.Clone();
    }
}
