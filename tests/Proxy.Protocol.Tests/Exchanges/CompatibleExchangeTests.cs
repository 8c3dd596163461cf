using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
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
}
