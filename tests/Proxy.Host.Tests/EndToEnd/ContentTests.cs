using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Host.Tests.Sdk;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>System text, an image and thinking over two turns, through every pair: the sandbox refuses what its provider would.</summary>
public sealed class ContentTests(SandboxedHost sandboxed) : IClassFixture<SandboxedHost>
{
    private const string Image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private const string SystemText = "You are a made-up system for <pairs> & \"quotes\" ü.";

    private static readonly JsonSerializerOptions FewEscapes = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<Dialect, string, bool> Pairs()
    {
        var pairs = new TheoryData<Dialect, string, bool>();
        foreach (var dialect in Enum.GetValues<Dialect>())
        {
            foreach (var model in new[] { Asking.Claude, Asking.Gpt, "sandbox-chat" })
            {
                pairs.Add(dialect, model, true);
                pairs.Add(dialect, model, false);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task System_text_image_and_thinking_pass_through_two_turns(Dialect dialect, string model, bool stream)
    {
        var host = sandboxed.Host;
        var ask = $"[[think]] What is in the picture, {dialect} {stream}?";
        var body = Request(dialect, model, ask, stream);
        var answer = await host.AskAsync(dialect, body);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        var turn = Turn.Read(dialect, answer.Body, stream);
        turn.Text.ShouldContain("[served by ");
        turn.Thinking.ShouldContain("Thinking about it step by step");

        var upstream = UpstreamOf(ask);
        upstream.ShouldContain(Image);
        upstream.ShouldContain("You are a made-up system for <pairs> & \\\"quotes\\\" ü.");

        var history = body[dialect == Dialect.OpenAIResponses ? "input" : "messages"]!.AsArray();
        foreach (var item in turn.Back)
        {
            history.Add(item!.DeepClone());
        }

        var again = $"[[think]] And now, {dialect} {model} {stream}?";
        history.Add(new JsonObject { ["role"] = "user", ["content"] = again });
        answer = await host.AskAsync(dialect, body);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        Turn.Read(dialect, answer.Body, stream).Text.ShouldContain("And now");
        var second = UpstreamOf(again);
        second.ShouldContain(Image);
        second.ShouldContain("You said: What is in the picture");
        if (turn.Signature is { } signature && signature.Length > 0)
        {
            second.ShouldContain(signature);
        }
    }

    /// <summary>The body that the provider got, with as few escapes as JSON allows.</summary>
    private string UpstreamOf(string ask)
    {
        var bodies = sandboxed.Host.Sandbox.Requests.All.Select(r => JsonNode.Parse(r.Body.Span)!.ToJsonString(FewEscapes));
        return bodies.Last(b => b.Contains(ask, StringComparison.Ordinal));
    }

    private static JsonObject Request(Dialect dialect, string model, string ask, bool stream)
    {
        switch (dialect)
        {
            case Dialect.AnthropicMessages:
                var body = Asking.Body(dialect, model, ask, stream, $$$"""{"system":[{"type":"text","text":{{{Quote(SystemText)}}}}],"thinking":{"type":"enabled","budget_tokens":2048}}""");
                body["messages"] = JsonNode.Parse(
                    $$$"""[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{Image}}}"}},{"type":"text","text":{{{Quote(ask)}}}}]}]""");
                return body;
            case Dialect.OpenAIChat:
                return Asking.Body(dialect, model, ask, stream, $$$"""
                    {"reasoning_effort":"high","messages":[{"role":"system","content":{{{Quote(SystemText)}}}},
                    {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Image}}}"}},{"type":"text","text":{{{Quote(ask)}}}}]}]}
                    """);
            default:
                return Asking.Body(dialect, model, ask, stream, $$$"""
                    {"instructions":{{{Quote(SystemText)}}},"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"high","summary":"auto"},
                    "input":[{"type":"message","role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,{{{Image}}}"},{"type":"input_text","text":{{{Quote(ask)}}}}]}]}
                    """);
        }
    }

    private static string Quote(string text) => JsonValue.Create(text)!.ToJsonString();
}
