using System.Text;
using Proxy.Protocol.Answers;
using Shouldly;
using Xunit;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>Errors of every shape that upstreams use (spec/protocols.md 7.4, 14.3, E147).</summary>
public sealed class UpstreamErrorReaderTests
{
    private const string NoDetails = "upstream stream failed without error details";

    [Theory]
    [InlineData("""{"error":{"type":"rate_limit_error","code":"c","message":"slow","resets_in_seconds":9}}""", null, "rate_limit_error", "c", "slow")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}""", null, "overloaded_error", null, "Overloaded")]
    [InlineData("""{"type":"error","code":"c","message":"slow","status_code":429}""", 429, null, "c", "slow")]
    [InlineData("""{"type":"error","status":"529","error":{"type":"overloaded_error","message":"m"}}""", 529, "overloaded_error", null, "m")]
    [InlineData("""{"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded"}}}""", null, null, "server_is_overloaded", "server_is_overloaded")]
    [InlineData("""{"type":"response.failed","response":{"error":null}}""", null, null, null, NoDetails)]
    [InlineData("""{"detail":"no such model"}""", null, null, null, "no such model")]
    [InlineData("""{"detail":{"code":"c","message":"m"}}""", null, null, "c", "m")]
    [InlineData("""{"error":"broken"}""", null, null, "broken", "broken")]
    [InlineData("""{"error":"out of order"}""", null, null, null, "out of order")]
    [InlineData("""{"error":"invalid_grant","error_description":"revoked"}""", null, null, "invalid_grant", "revoked")]
    [InlineData("""{"code":503,"message":"busy"}""", 503, null, null, "busy")]
    [InlineData("""{"error":{"code":"429","message":"busy"}}""", 429, null, null, "busy")]
    [InlineData("""{"error":{"code":1234,"message":""}}""", null, null, "1234", "1234")]
    [InlineData("""{"error":{"code":429}}""", 429, null, null, "429")]
    [InlineData("""{"error":{"message":{"deep":1},"type":["x"]}}""", null, null, null, NoDetails)]
    [InlineData("""{"type":"error"}""", null, null, null, NoDetails)]
    [InlineData("  upstream connect error \n", null, null, null, "upstream connect error")]
    [InlineData("""{"error":{"mess""", null, null, null, """{"error":{"mess""")]
    [InlineData("", null, null, null, NoDetails)]
    public void Error_payloads_of_any_form_are_understood(string payload, int? status, string? type, string? code, string message)
    {
        var error = UpstreamErrorReader.Read(Encoding.UTF8.GetBytes(payload));

        error.Status.ShouldBe(status);
        error.Type.ShouldBe(type);
        error.Code.ShouldBe(code);
        error.Message.ShouldBe(message);
        Encoding.UTF8.GetString(error.Json.Span).ShouldBe(payload);
    }

    [Fact]
    public void Reset_is_read_from_the_innermost_error()
    {
        var error = UpstreamErrorReader.Read("""{"resets_at":5,"error":{"type":"usage_limit_reached","resets_at":1790000000,"resets_in_seconds":60.5}}"""u8.ToArray());

        error.ResetsAt.ShouldBe(1_790_000_000);
        error.ResetsInSeconds.ShouldBe(60);
    }

    [Theory]
    [InlineData("<!doctype html><html></html>")]
    [InlineData("[1]")]
    [InlineData("{\"a\":1}}")]
    public void What_is_no_object_is_told_apart(string payload) =>
        UpstreamErrorReader.TryRead(Encoding.UTF8.GetBytes(payload)).ShouldBeNull();
}
