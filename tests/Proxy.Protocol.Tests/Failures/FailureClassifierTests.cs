using System.Text;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Protocol.Tests.Failures;

public sealed class FailureClassifierTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private const string Anthropic429 = """{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit."}}""";

    [Theory]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: Field required"}}""", FailureClass.Request, FailureScope.Request)]
    [InlineData(413, """{"type":"error","error":{"type":"request_too_large","message":"too big"}}""", FailureClass.Request, FailureScope.Request)]
    [InlineData(409, "{}", FailureClass.Request, FailureScope.Request)]
    [InlineData(422, "{}", FailureClass.Request, FailureScope.Request)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}""", FailureClass.ForeignReasoning, FailureScope.Request)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"This credential is only authorized for use with Claude Code and cannot be used for other API requests."}}""", FailureClass.IdentityRefused, FailureScope.Request)]
    [InlineData(401, """{"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired"}}""", FailureClass.Unauthorized, FailureScope.Account)]
    [InlineData(402, "{}", FailureClass.Forbidden, FailureScope.Account)]
    [InlineData(403, """{"type":"error","error":{"type":"permission_error","message":"OAuth authentication is currently not allowed for this organization."}}""", FailureClass.Forbidden, FailureScope.Account)]
    [InlineData(403, "<!DOCTYPE html><html><title>Just a moment</title></html>", FailureClass.Challenge, FailureScope.Account)]
    [InlineData(404, """{"type":"error","error":{"type":"not_found_error","message":"model: claude-nine"}}""", FailureClass.ModelUnavailable, FailureScope.AccountModel)]
    [InlineData(404, "nothing here", FailureClass.Network, FailureScope.Network)]
    [InlineData(404, "<html><body>Not Found</body></html>", FailureClass.Network, FailureScope.Network)]
    [InlineData(405, "", FailureClass.Network, FailureScope.Network)]
    [InlineData(404, """{"error":"model 'llama9' not found, try pulling it first"}""", FailureClass.ModelUnavailable, FailureScope.AccountModel)]
    [InlineData(404, """{"error":{"message":"Item with id 'rs_1' not found.","type":"invalid_request_error"}}""", FailureClass.Request, FailureScope.Request)]
    [InlineData(407, "", FailureClass.Network, FailureScope.Network)]
    [InlineData(403, """{"error":{"code":"cyber_policy","message":"flagged"}}""", FailureClass.Request, FailureScope.Request)]
    [InlineData(500, """{"error":{"type":"invalid_request_error","message":"bad field"}}""", FailureClass.Request, FailureScope.Request)]
    [InlineData(401, """{"error":{"type":"invalid_request_error","code":"invalid_api_key","message":"Incorrect API key"}}""", FailureClass.Unauthorized, FailureScope.Account)]
    [InlineData(429, """{"error":{"type":"usage_not_included","message":"Your plan does not include this"}}""", FailureClass.Forbidden, FailureScope.Account)]
    [InlineData(429, Anthropic429, FailureClass.Throttled, FailureScope.Request)]
    [InlineData(500, "{}", FailureClass.Transient, FailureScope.Account)]
    [InlineData(502, "<html>bad gateway</html>", FailureClass.Transient, FailureScope.Account)]
    [InlineData(503, "{}", FailureClass.Overloaded, FailureScope.ProviderModel)]
    [InlineData(504, "", FailureClass.Transient, FailureScope.Account)]
    [InlineData(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", FailureClass.Overloaded, FailureScope.ProviderModel)]
    [InlineData(302, "", FailureClass.Network, FailureScope.Network)]
    public void Fault18_statuses_of_a_claude_upstream_are_told_apart(int status, string body, FailureClass expected, FailureScope scope)
    {
        var failure = Classify(UpstreamKind.Claude, status, body);

        failure.Class.ShouldBe(expected);
        failure.Scope.ShouldBe(scope);
        failure.Status.ShouldBe(status);
        failure.Message.ShouldNotBeEmpty();
        failure.Message.ShouldNotContain("<html", Case.Insensitive);
    }

    [Theory]
    [InlineData(400, """{"detail":"Store must be set to false"}""", FailureClass.Request)]
    [InlineData(400, """{"detail":"The 'gpt-9' model is not supported when using Codex with a ChatGPT account."}""", FailureClass.ModelUnavailable)]
    [InlineData(400, """{"error":{"message":"x","code":"invalid_encrypted_content"}}""", FailureClass.ForeignReasoning)]
    [InlineData(400, """{"error":{"message":"Your input exceeds the context window of this model.","code":"context_length_exceeded"}}""", FailureClass.Request)]
    [InlineData(503, """{"detail":"Selected model is at capacity. Please try a different model."}""", FailureClass.Overloaded)]
    [InlineData(429, """{"detail":"Selected model is at capacity."}""", FailureClass.Overloaded)]
    public void Codex_errors_are_told_apart(int status, string body, FailureClass expected) =>
        Classify(UpstreamKind.Codex, status, body).Class.ShouldBe(expected);

    [Theory]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(503)]
    public void Challenge_that_names_itself_in_a_header_is_one_whatever_its_status(int status) =>
        Classify(UpstreamKind.Codex, status, "<html>Just a moment</html>", ("cf-mitigated", "challenge")).Class.ShouldBe(FailureClass.Challenge);

    [Fact]
    public void Wrong_address_is_told_as_one_and_names_the_setting()
    {
        var failure = Classify(UpstreamKind.Compatible, 404, "404 page not found");

        failure.Network.ShouldBe(NetworkFault.Address);
        failure.Message.ShouldContain("base-url");
        ErrorBody.For(failure, Dialect.OpenAIChat).Status.ShouldBe(502);
    }

    [Fact]
    public void A_usage_limit_waits_until_the_told_reset()
    {
        var at = Now.AddHours(2).ToUnixTimeSeconds();

        var failure = Classify(UpstreamKind.Codex, 429, $$$"""{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":{{{at}}},"resets_in_seconds":99}}""");

        failure.Class.ShouldBe(FailureClass.QuotaExhausted);
        failure.Until.ShouldBe(Now.AddHours(2));
    }

    [Fact]
    public void A_reset_in_the_past_gives_way_to_the_seconds()
    {
        var failure = Classify(UpstreamKind.Codex, 429, """{"error":{"type":"usage_limit_reached","message":"m","resets_at":1000,"resets_in_seconds":90}}""");

        failure.Until.ShouldBe(Now.AddSeconds(90));
    }

    [Fact]
    public void A_rejected_window_blocks_the_account_until_the_latest_reset()
    {
        var failure = Classify(
            UpstreamKind.Claude,
            429,
            Anthropic429,
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-reset", Unix(Now.AddHours(2))),
            ("anthropic-ratelimit-unified-7d-status", "allowed"),
            ("anthropic-ratelimit-unified-7d-reset", Unix(Now.AddDays(3))),
            ("retry-after", "60"));

        failure.Class.ShouldBe(FailureClass.QuotaExhausted);
        failure.Scope.ShouldBe(FailureScope.Account);
        failure.Until.ShouldBe(Now.AddHours(2));
    }

    [Fact]
    public void A_rejected_model_window_blocks_that_model_only()
    {
        var failure = Classify(
            UpstreamKind.Claude,
            429,
            Anthropic429,
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-status", "allowed"),
            ("anthropic-ratelimit-unified-7d-status", "allowed"),
            ("anthropic-ratelimit-unified-7d_oi-status", "rejected"),
            ("anthropic-ratelimit-unified-7d_oi-reset", Unix(Now.AddDays(1))));

        failure.Scope.ShouldBe(FailureScope.AccountModel);
        failure.Until.ShouldBe(Now.AddDays(1));
    }

    [Theory]
    [InlineData("30", 30d)]
    [InlineData("1.5", 1.5)]
    [InlineData("Thu, 01 Jan 2026 12:01:00 GMT", 60d)]
    [InlineData("2026-01-01T12:00:20Z", 20d)]
    public void Fault20_retry_after_is_read_in_every_form(string value, double seconds)
    {
        var failure = Classify(UpstreamKind.Claude, 429, Anthropic429, ("retry-after", value));

        failure.Class.ShouldBe(FailureClass.RateLimited);
        failure.Until.ShouldBe(Now.AddSeconds(seconds));
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("soon")]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT")]
    public void Fault20_a_retry_after_that_says_nothing_is_ignored(string value) =>
        Classify(UpstreamKind.Claude, 429, Anthropic429, ("retry-after", value)).Class.ShouldBe(FailureClass.Throttled);

    [Fact]
    public void Fault20_a_huge_retry_after_is_a_used_up_quota_of_bounded_length()
    {
        var failure = Classify(UpstreamKind.Claude, 429, Anthropic429, ("retry-after", "99999999999"));

        failure.Class.ShouldBe(FailureClass.QuotaExhausted);
        failure.Until.ShouldBe(Now + RetryAfter.Longest);
    }

    [Fact]
    public void Fault24_a_context_overflow_is_the_requests_fault_and_makes_claude_code_compact()
    {
        var failure = Classify(UpstreamKind.Codex, 400, """{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","code":"context_length_exceeded"}}""");

        failure.Class.ShouldBe(FailureClass.Request);
        ErrorBody.For(failure, Dialect.AnthropicMessages).Message.ShouldStartWith("prompt is too long");
        ErrorBody.For(failure, Dialect.OpenAIChat).Code.ShouldBe("context_length_exceeded");
    }

    [Fact]
    public void A_fast_mode_refusal_is_the_requests_fault() =>
        Classify(UpstreamKind.Claude, 429, """{"type":"error","error":{"type":"rate_limit_error","message":"Fast mode needs usage credits"}}""").Class.ShouldBe(FailureClass.Request);

    [Fact]
    public void An_in_stream_error_gets_its_status_from_its_code()
    {
        var body = UpstreamErrorReader.Read("""{"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded","message":"busy"}}}"""u8.ToArray());

        var failure = FailureClassifier.Classify(new UpstreamError { Kind = UpstreamKind.Codex, Status = 200, InStream = body }, Now);

        failure.Class.ShouldBe(FailureClass.Overloaded);
        failure.Status.ShouldBe(503);
    }

    [Fact]
    public void Truncation_and_network_are_charged_to_nobody()
    {
        FailureClassifier.Classify(new UpstreamError { Kind = UpstreamKind.Codex, IsTruncated = true }, Now).Scope.ShouldBe(FailureScope.Request);
        FailureClassifier.Classify(new UpstreamError { Kind = UpstreamKind.Codex, Network = NetworkFault.Dns }, Now).Scope.ShouldBe(FailureScope.Network);
    }

    [Fact]
    public void Secrets_in_an_upstreams_words_are_taken_out_and_the_body_is_not_passed_on()
    {
        var failure = Classify(UpstreamKind.Claude, 400, """{"type":"error","error":{"type":"invalid_request_error","message":"bad header Bearer made-up-token-123456 of somebody@example.com"}}""");

        failure.Message.ShouldNotContain("made-up-token");
        failure.Message.ShouldNotContain("somebody@");
        ErrorBody.For(failure, Dialect.AnthropicMessages).Verbatim.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Messages_are_cut_without_splitting_a_character()
    {
        var failure = Classify(UpstreamKind.Claude, 400, new string('x', 2047) + "😀😀");

        failure.Message.Length.ShouldBe(2047);
    }

    private static Failure Classify(UpstreamKind kind, int status, string body, params (string Name, string Value)[] headers) =>
        FailureClassifier.Classify(
            new UpstreamError
            {
                Kind = kind,
                Status = status,
                Body = Encoding.UTF8.GetBytes(body),
                Headers = headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.OrdinalIgnoreCase),
            },
            Now);

    private static string Unix(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
}
