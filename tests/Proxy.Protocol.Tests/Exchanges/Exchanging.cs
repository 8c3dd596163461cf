using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Requests;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>Makes exchanges and runs bytes through them.</summary>
internal static class Exchanging
{
    /// <summary>A made-up signature with the shape of a Claude one.</summary>
    public static string ClaudeSignature { get; } = Convert.ToBase64String([0x12, 0x20, .. Enumerable.Range(0, 40).Select(i => (byte)i)]);

    /// <summary>A made-up token with the shape of Codex' encrypted reasoning.</summary>
    public static string CodexToken { get; } = Convert.ToBase64String([0x80, 0, 0, 0, 0, .. Enumerable.Range(0, 52 + 32).Select(i => (byte)(i * 7))]).Replace('+', '-').Replace('/', '_');

    public static ClientRequest Request(Dialect dialect, string body, params (string Name, string Value)[] headers)
    {
        var request = ClientRequestReader.Read(dialect, Encoding.UTF8.GetBytes(body), headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.OrdinalIgnoreCase), out var problem);
        problem.ShouldBeNull();
        return request!;
    }

    public static UpstreamTarget Target(UpstreamKind kind, string model = "m") => new() { Kind = kind, Model = model };

    public static Exchange Open(ClientRequest request, UpstreamTarget target, Operation operation = Operation.Generate) =>
        ExchangeFactory.Create(request, target, operation, 1_790_000_000, "req-1");

    public static string Write(Exchange exchange)
    {
        var output = new ArrayBufferWriter<byte>();
        exchange.WriteRequest(output).ShouldBeNull();
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        using (JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 512 }))
        {
            return text;
        }
    }

    /// <summary>What the client gets, and the kinds of the frames.</summary>
    public static (string Output, List<FrameKind> Kinds) Run(AnswerStream stream, string upstream)
    {
        var output = new ArrayBufferWriter<byte>();
        var kinds = new List<FrameKind>();
        var framer = new SseFramer();
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(upstream));
        while (framer.TryRead(ref buffer, out var frame))
        {
            kinds.Add(stream.Read(frame, output));
        }

        return (Encoding.UTF8.GetString(output.WrittenSpan), kinds);
    }

    public static string Complete(AnswerStream stream, out bool isWhole)
    {
        var output = new ArrayBufferWriter<byte>();
        isWhole = stream.Complete(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
