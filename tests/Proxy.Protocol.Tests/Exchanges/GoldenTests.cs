using System.Buffers;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>Fault 73: a same-dialect body reaches the upstream byte for byte, except at the offsets of the edit list.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string, UpstreamKind, string> Untouched => new()
    {
        { GoldenBodies.ClaudeCode, UpstreamKind.Claude, "claude-sonnet-4-5-20250929" },
        { GoldenBodies.ClaudeCodeNew, UpstreamKind.Claude, "claude-opus-5" },
        { GoldenBodies.DroidAnthropic, UpstreamKind.Claude, "claude-opus-5" },
        { GoldenBodies.Codex, UpstreamKind.Codex, "gpt-5.5" },
        { GoldenBodies.CodexNew, UpstreamKind.Codex, "gpt-5.6-sol" },
        { GoldenBodies.DroidResponses, UpstreamKind.Codex, "gpt-5.5" },
        { GoldenBodies.DroidChat, UpstreamKind.Compatible, "some-model" },
    };

    [Theory]
    [MemberData(nameof(Untouched))]
    public void Fault73_same_dialect_body_equals_byte_for_byte(string body, UpstreamKind kind, string model)
    {
        var exchange = (SameDialectExchange)Open(Request(kind.Dialect(), body), Target(kind, model));

        exchange.Edits().Count.ShouldBe(0);
        Write(exchange).ShouldBe(body);
    }

    [Theory]
    [MemberData(nameof(Untouched))]
    public void Fault73_other_model_name_changes_its_value_and_nothing_else(string body, UpstreamKind kind, string model)
    {
        var exchange = (SameDialectExchange)Open(Request(kind.Dialect(), body), Target(kind, "other \"name\""));

        var edit = exchange.Edits().Ordered.ShouldHaveSingleItem();
        edit.Offset.ShouldBe(Encoding.UTF8.GetByteCount(body[..body.IndexOf($"\"{model}\"", StringComparison.Ordinal)]));
        edit.Length.ShouldBe(model.Length + 2);
        Write(exchange).ShouldBe(body.Replace($"\"model\":\"{model}\"", "\"model\":\"other \\\"name\\\"\"", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Untouched))]
    public void Fault73_any_edits_leave_all_bytes_between_them(string body, UpstreamKind kind, string model)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var exchange = (SameDialectExchange)Open(
            Request(kind.Dialect(), body),
            Target(kind, model + "-other") with { StripReasoning = true, SystemPreamble = "The owner's words.", IsOAuth = true });

        var output = Encoding.UTF8.GetBytes(Write(exchange));

        var expected = new ArrayBufferWriter<byte>();
        var at = 0;
        foreach (var edit in exchange.Edits().Ordered)
        {
            expected.Write(bytes.AsSpan(at..edit.Offset));
            expected.Write(edit.Replacement.Span);
            at = edit.Offset + edit.Length;
        }

        expected.Write(bytes.AsSpan(at));
        output.ShouldBe(expected.WrittenSpan.ToArray());
        exchange.Edits().Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Fault73_chat_stream_without_stream_options_gets_them_at_its_end()
    {
        var exchange = (SameDialectExchange)Open(Request(Dialect.OpenAIChat, GoldenBodies.CodexChat), Target(UpstreamKind.Compatible, "some-model"));

        exchange.Edits().Ordered.ShouldHaveSingleItem().Offset.ShouldBe(GoldenBodies.CodexChat.Length - 1);
        Write(exchange).ShouldBe(GoldenBodies.CodexChat[..^1] + ",\"stream_options\":{\"include_usage\":true}}");
    }

    [Theory]
    [InlineData(200_000)]
    public void Large_body_is_forwarded_without_a_second_scan_or_copy(int length)
    {
        var body = GoldenBodies.ClaudeCode.Replace("read the file", new string('x', length), StringComparison.Ordinal);
        var request = Request(Dialect.AnthropicMessages, body);
        using var output = new PooledBufferWriter(length * 2);
        Open(request, Target(UpstreamKind.Claude, "other")).WriteRequest(output);
        output.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Open(request, Target(UpstreamKind.Claude, "other")).WriteRequest(output).ShouldBeNull();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.ShouldBeLessThan(4096);
    }
}
