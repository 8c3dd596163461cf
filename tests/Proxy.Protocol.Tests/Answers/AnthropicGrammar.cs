using System.Text;
using System.Text.Json;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>A strict reader of a Messages stream, by spec/wire-protocols.md 1.4, on a JSON DOM.</summary>
internal static class AnthropicGrammar
{
    public static AnswerDigest Check(IReadOnlyList<(string Name, string Data)> frames)
    {
        var digest = new AnswerDigest();
        var next = 0;
        var open = -1;
        var kind = string.Empty;
        var signed = false;
        var words = new StringBuilder();
        string? tool = null, toolId = null;
        var phase = 0;
        foreach (var (name, data) in frames)
        {
            var json = Frames.Json(data);
            json.GetProperty("type").GetString().ShouldBe(name);
            phase.ShouldBeLessThan(3, "nothing follows message_stop");
            switch (name)
            {
                case "message_start":
                    phase.ShouldBe(0);
                    phase = 1;
                    var message = json.GetProperty("message");
                    message.GetProperty("id").GetString().ShouldNotBeNullOrEmpty();
                    message.GetProperty("type").GetString().ShouldBe("message");
                    message.GetProperty("role").GetString().ShouldBe("assistant");
                    message.GetProperty("model").GetString().ShouldNotBeNullOrEmpty();
                    message.GetProperty("content").GetArrayLength().ShouldBe(0);
                    message.GetProperty("stop_reason").ValueKind.ShouldBe(JsonValueKind.Null);
                    message.GetProperty("usage").GetProperty("input_tokens").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
                    message.GetProperty("usage").GetProperty("output_tokens").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
                    break;
                case "content_block_start":
                    phase.ShouldBe(1);
                    open.ShouldBe(-1, "blocks never interleave");
                    open = json.GetProperty("index").GetInt32();
                    open.ShouldBe(next++);
                    var block = json.GetProperty("content_block");
                    kind = block.GetProperty("type").GetString()!;
                    words.Clear();
                    signed = false;
                    switch (kind)
                    {
                        case "text":
                            block.GetProperty("text").GetString().ShouldBe("");
                            break;
                        case "thinking":
                            block.GetProperty("thinking").GetString().ShouldBe("");
                            break;
                        case "redacted_thinking":
                            digest.Redacted.Add(block.GetProperty("data").GetString()!);
                            break;
                        case "tool_use":
                            toolId = block.GetProperty("id").GetString();
                            toolId.ShouldNotBeNullOrEmpty();
                            toolId.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '_' || c == '-');
                            tool = block.GetProperty("name").GetString();
                            tool.ShouldNotBeNullOrEmpty();
                            block.GetProperty("input").EnumerateObject().ShouldBeEmpty();
                            break;
                        default:
                            throw new ShouldAssertException("an unknown block: " + kind);
                    }

                    break;
                case "content_block_delta":
                    phase.ShouldBe(1);
                    json.GetProperty("index").GetInt32().ShouldBe(open);
                    signed.ShouldBeFalse("the signature is the last delta");
                    var delta = json.GetProperty("delta");
                    switch (delta.GetProperty("type").GetString(), kind)
                    {
                        case ("text_delta", "text"):
                            words.Append(delta.GetProperty("text").GetString());
                            break;
                        case ("thinking_delta", "thinking"):
                            words.Append(delta.GetProperty("thinking").GetString());
                            break;
                        case ("signature_delta", "thinking"):
                            digest.Signatures.Add(delta.GetProperty("signature").GetString()!);
                            signed = true;
                            break;
                        case ("input_json_delta", "tool_use"):
                            words.Append(delta.GetProperty("partial_json").GetString());
                            break;
                        case var odd:
                            throw new ShouldAssertException($"a {odd.Item1} in a {odd.Item2} block");
                    }

                    break;
                case "content_block_stop":
                    json.GetProperty("index").GetInt32().ShouldBe(open);
                    open = -1;
                    switch (kind)
                    {
                        case "text":
                            words.Length.ShouldBeGreaterThan(0, "an empty text block would be refused when it comes back");
                            digest.Text.Append(words);
                            break;
                        case "thinking":
                            digest.Reasoning.Append(words);
                            break;
                        case "tool_use":
                            digest.Calls.Add((tool!, words.ToString()));
                            break;
                    }

                    break;
                case "message_delta":
                    phase.ShouldBe(1);
                    phase = 2;
                    open.ShouldBe(-1);
                    digest.Stop = json.GetProperty("delta").GetProperty("stop_reason").GetString()!;
                    json.GetProperty("usage").GetProperty("output_tokens").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
                    (digest.Stop != "tool_use" || digest.Calls.Count > 0).ShouldBeTrue("tool_use needs a tool_use block");
                    break;
                case "message_stop":
                    phase.ShouldBe(2);
                    phase = 3;
                    break;
                default:
                    throw new ShouldAssertException("an unknown event: " + name);
            }
        }

        digest.IsComplete = phase == 3;
        return digest;
    }
}
