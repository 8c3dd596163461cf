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

/// <summary>
/// A stream of 100 text deltas in one piece: framing alone, same dialect, translated in all six pairs. Divide by 100 for
/// one delta. Each upstream dialect has its own plain copy to be compared with; docs/performance.md has the figures.
/// </summary>
[MemoryDiagnoser]
[MinColumn]
public class StreamBenchmarks
{
    private readonly byte[] _anthropic = Samples.AnthropicStream();
    private readonly byte[] _responses = Samples.ResponsesStream();
    private readonly byte[] _chat = Samples.ChatStream();
    private readonly byte[] _anthropicDelta = Encoding.UTF8.GetBytes(Samples.AnthropicDelta(7)["data: ".Length..]);
    private readonly byte[] _responsesDelta = Encoding.UTF8.GetBytes(Samples.ResponsesDelta(7)["data: ".Length..]);
    private readonly byte[] _chatDelta = Encoding.UTF8.GetBytes(Samples.ChatDelta(7)["data: ".Length..]);
    private readonly PooledBufferWriter _output = new(256 * 1024);
    private readonly Dictionary<(Dialect Client, UpstreamKind Upstream), Exchange> _exchanges = [];

    [GlobalSetup]
    public void Open()
    {
        foreach (var client in Enum.GetValues<Dialect>())
        {
            foreach (var upstream in Enum.GetValues<UpstreamKind>())
            {
                var exchange = Samples.Open(client, Samples.Request(client, Samples.ModelOf(upstream)), upstream);
                using var body = new PooledBufferWriter();
                exchange.WriteRequest(body);
                _exchanges[(client, upstream)] = exchange;
            }
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

    [Benchmark(Baseline = true, Description = "copy of 100 Claude deltas")]
    public int CopyClaude() => Copy(_anthropicDelta);

    [Benchmark(Description = "copy of 100 Codex deltas")]
    public int CopyCodex() => Copy(_responsesDelta);

    [Benchmark(Description = "copy of 100 Chat deltas")]
    public int CopyChat() => Copy(_chatDelta);

    [Benchmark(Description = "Anthropic <- Claude, same dialect")]
    public int SameDialect() => Relay(Dialect.AnthropicMessages, UpstreamKind.Claude, _anthropic);

    [Benchmark(Description = "Chat <- Claude")]
    public int ChatFromClaude() => Relay(Dialect.OpenAIChat, UpstreamKind.Claude, _anthropic);

    [Benchmark(Description = "Responses <- Claude")]
    public int ResponsesFromClaude() => Relay(Dialect.OpenAIResponses, UpstreamKind.Claude, _anthropic);

    [Benchmark(Description = "Anthropic <- Codex")]
    public int AnthropicFromCodex() => Relay(Dialect.AnthropicMessages, UpstreamKind.Codex, _responses);

    [Benchmark(Description = "Chat <- Codex")]
    public int ChatFromCodex() => Relay(Dialect.OpenAIChat, UpstreamKind.Codex, _responses);

    [Benchmark(Description = "Anthropic <- Chat")]
    public int AnthropicFromChat() => Relay(Dialect.AnthropicMessages, UpstreamKind.Compatible, _chat);

    [Benchmark(Description = "Responses <- Chat")]
    public int ResponsesFromChat() => Relay(Dialect.OpenAIResponses, UpstreamKind.Compatible, _chat);

    /// <summary>Reads and writes the event token by token, which is the least that a translation could do.</summary>
    private int Copy(byte[] delta)
    {
        _output.Clear();
        using var writer = new Utf8JsonWriter(_output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        for (var i = 0; i < Samples.Deltas; i++)
        {
            writer.Reset();
            var reader = new Utf8JsonReader(delta);
            while (reader.Read())
            {
                Copy(ref reader, writer);
            }

            writer.Flush();
        }

        return _output.Length;
    }

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                writer.WriteEndArray();
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

    private int Relay(Dialect client, UpstreamKind kind, byte[] upstream)
    {
        var exchange = _exchanges[(client, kind)];
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
