using System.Text;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Delivery;

/// <summary>What a frame is to its stream.</summary>
internal enum FrameRole
{
    /// <summary>Comes before any content, at once.</summary>
    Opening,

    /// <summary>Content: paced.</summary>
    Content,

    /// <summary>Ends the answer.</summary>
    Terminal,
}

/// <summary>One encoded event, blank line included.</summary>
internal readonly record struct Frame(ReadOnlyMemory<byte> Bytes, FrameRole Role);

/// <summary>A whole answer, encoded, before faults.</summary>
internal sealed record Reply
{
    public int Status { get; init; } = 200;

    public string ContentType { get; init; } = "application/json";

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The frames of a stream; a JSON answer is one terminal frame.</summary>
    public required IReadOnlyList<Frame> Frames { get; init; }

    public bool IsStream { get; init; }

    public TimeSpan First { get; init; }

    public TimeSpan Gap { get; init; }

    /// <summary>How this protocol says an error inside a stream.</summary>
    public Func<InBandError, byte[]> ErrorFrame { get; init; } = static error => Encoding.UTF8.GetBytes($"data: {{\"error\":{{\"message\":{JsonString.Quote(error.Message)},\"type\":{JsonString.Quote(error.Code)}}}}}\n\n");

    public static Reply Json(int status, string json, IReadOnlyList<KeyValuePair<string, string>> headers) => new()
    {
        Status = status,
        Headers = headers,
        Frames = [new Frame(Encoding.UTF8.GetBytes(json), FrameRole.Terminal)],
    };

    public static Reply Html(int status, string page) => new()
    {
        Status = status,
        ContentType = "text/html; charset=utf-8",
        Headers = [new("Cache-Control", "no-store"), new("Referrer-Policy", "no-referrer"), new("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")],
        Frames = [new Frame(Encoding.UTF8.GetBytes(page), FrameRole.Terminal)],
    };

    public static Reply Redirect(string location) => new()
    {
        Status = 302,
        ContentType = "text/plain",
        Headers = [new("Location", location), new("Cache-Control", "no-store")],
        Frames = [new Frame(default, FrameRole.Terminal)],
    };

    /// <summary>The answer that a fault puts in the ordinary one's place.</summary>
    public static Reply Of(SandboxFault fault, IReadOnlyList<KeyValuePair<string, string>> headers) => new()
    {
        Status = fault.Status ?? 500,
        ContentType = fault.ContentType,
        Headers = headers,
        Frames = [new Frame(fault.Body, FrameRole.Terminal)],
    };
}
