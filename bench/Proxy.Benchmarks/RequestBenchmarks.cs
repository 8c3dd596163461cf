using BenchmarkDotNet.Attributes;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;

namespace Proxy.Benchmarks;

/// <summary>A request body of 200 KB: the facts of it, and its way to the upstream.</summary>
[MemoryDiagnoser]
public class RequestBenchmarks
{
    private readonly byte[] _claude = Samples.AnthropicRequest(Samples.ClaudeModel, 200_000);
    private readonly byte[] _codex = Samples.AnthropicRequest("gpt-5.5", 200_000);
    private readonly PooledBufferWriter _output = new(512 * 1024);

    [Benchmark(Baseline = true, Description = "memory copy of the body")]
    public int Copy()
    {
        _output.Clear();
        System.Buffers.BuffersExtensions.Write(_output, _claude);
        return _output.Length;
    }

    [Benchmark(Description = "Anthropic to Claude: facts and edits")]
    public int SameDialect() => Write(_claude, UpstreamKind.Claude);

    [Benchmark(Description = "Anthropic to Codex: facts and translation")]
    public int Translated() => Write(_codex, UpstreamKind.Codex);

    private int Write(byte[] body, UpstreamKind kind)
    {
        _output.Clear();
        Samples.Open(Dialect.AnthropicMessages, body, kind).WriteRequest(_output);
        return _output.Length;
    }
}
