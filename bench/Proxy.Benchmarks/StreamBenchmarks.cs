using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Benchmarks;

/// <summary>A stream of 100 text deltas in one piece: framing alone, same dialect, translated. Divide by 100 for one delta.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private readonly byte[] _anthropic = Samples.AnthropicStream();
    private readonly byte[] _responses = Samples.ResponsesStream();
    private readonly byte[] _delta = Encoding.UTF8.GetBytes(Samples.AnthropicDelta(7)[6..]);
    private readonly PooledBufferWriter _output = new(256 * 1024);
    private Exchange _same = null!;
    private Exchange _chatToClaude = null!;
    private Exchange _anthropicToCodex = null!;

    [GlobalSetup]
    public void Open()
    {
        _same = Samples.Open(Dialect.AnthropicMessages, Samples.AnthropicRequest(Samples.ClaudeModel, 100), UpstreamKind.Claude);
        _chatToClaude = Samples.Open(Dialect.OpenAIChat, Samples.ChatRequest(Samples.ClaudeModel), UpstreamKind.Claude);
        _anthropicToCodex = Samples.Open(Dialect.AnthropicMessages, Samples.AnthropicRequest("gpt-5.5", 100), UpstreamKind.Codex);
        foreach (var exchange in (Exchange[])[_same, _chatToClaude, _anthropicToCodex])
        {
            using var body = new PooledBufferWriter();
            exchange.WriteRequest(body);
        }
    }

    [Benchmark(Description = "framing only")]
    public int Framing()
    {
        var framer = new SseFramer();
        var rest = new ReadOnlySequence<byte>(_anthropic);
        var frames = 0;
        while (framer.TryRead(ref rest, out _))
        {
            frames++;
        }

        return frames;
    }

    [Benchmark(Baseline = true, Description = "Utf8JsonReader to Writer copy of the same 100 deltas")]
    public int PlainCopy()
    {
        _output.Clear();
        using var writer = new Utf8JsonWriter(_output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        for (var i = 0; i < Samples.Deltas; i++)
        {
            writer.Reset();
            var reader = new Utf8JsonReader(_delta);
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        writer.WriteStartObject();
                        break;
                    case JsonTokenType.EndObject:
                        writer.WriteEndObject();
                        break;
                    case JsonTokenType.PropertyName:
                        writer.WritePropertyName(reader.ValueSpan);
                        break;
                    case JsonTokenType.String:
                        writer.WriteStringValue(reader.ValueSpan);
                        break;
                    default:
                        writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                        break;
                }
            }

            writer.Flush();
        }

        return _output.Length;
    }

    [Benchmark(Description = "Anthropic to Anthropic")]
    public int SameDialect() => Relay(_same, _anthropic);

    [Benchmark(Description = "Claude answers a Chat client")]
    public int ChatToClaude() => Relay(_chatToClaude, _anthropic);

    [Benchmark(Description = "Codex answers an Anthropic client")]
    public int AnthropicToCodex() => Relay(_anthropicToCodex, _responses);

    private int Relay(Exchange exchange, byte[] upstream)
    {
        _output.Clear();
        var framer = new SseFramer();
        var answer = exchange.OpenStream();
        var rest = new ReadOnlySequence<byte>(upstream);
        while (framer.TryRead(ref rest, out var frame))
        {
            answer.Read(frame, _output);
        }

        answer.Complete(_output);
        return _output.Length;
    }
}
