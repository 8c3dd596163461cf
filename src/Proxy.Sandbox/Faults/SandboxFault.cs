using System.Text;

namespace Proxy.Sandbox.Faults;

/// <summary>What goes wrong with one answer. A value: the factories name the usual ones, <c>with</c> combines them.</summary>
public sealed record SandboxFault
{
    /// <summary>An ordinary answer; holds a place in a script.</summary>
    public static SandboxFault None { get; } = new();

    /// <summary>Only requests of this operation take it; null: any.</summary>
    public SandboxOperation? Operation { get; init; }

    /// <summary>Answer with this status and <see cref="Body"/> instead of the ordinary answer; null keeps it.</summary>
    public int? Status { get; init; }

    /// <summary>Headers added to the answer, in order, names may repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>With <see cref="Status"/>: the body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>With <see cref="Status"/>: the body's type.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Compress the body with this coding: gzip, deflate, br, zstd. Null: none.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>With <see cref="ContentEncoding"/>: damage the compressed bytes.</summary>
    public bool BrokenEncoding { get; init; }

    /// <summary>Wait before anything is sent, on the sandbox's clock.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Where <see cref="Gate"/>, <see cref="ErrorEvent"/> and <see cref="End"/> happen, in that order.</summary>
    public FaultPlace Place { get; init; }

    /// <summary>Wait there until the gate is opened; null: don't.</summary>
    public SandboxGate? Gate { get; init; }

    /// <summary>Send this in-band error there, then end cleanly; null: none.</summary>
    public InBandError? ErrorEvent { get; init; }

    /// <summary>End the answer there.</summary>
    public FaultEnd End { get; init; }

    /// <summary>Foreign frames put between the answer's own.</summary>
    public IReadOnlyList<FrameInsert> Inserts { get; init; } = [];

    /// <summary>The terminal event goes out twice.</summary>
    public bool TerminalTwice { get; init; }

    /// <summary>How lines of a stream end.</summary>
    public SandboxLineEnding LineEnding { get; init; }

    /// <summary>Every write to the socket has this many bytes; 0: one write per event.</summary>
    public int WriteSize { get; init; }

    /// <summary>Cut and pace of the content.</summary>
    public AnswerShape Shape { get; init; } = AnswerShape.Default;

    /// <summary>An error answer with a JSON body.</summary>
    public static SandboxFault Answer(int status, string json, params KeyValuePair<string, string>[] headers) =>
        new() { Status = status, Body = Encoding.UTF8.GetBytes(json), Headers = headers };

    /// <summary>An answer with an HTML page, as a challenge or a load balancer sends it.</summary>
    public static SandboxFault Html(int status, string html = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>") =>
        new() { Status = status, Body = Encoding.UTF8.GetBytes(html), ContentType = "text/html; charset=UTF-8" };

    /// <summary>A redirect to <paramref name="location"/>.</summary>
    public static SandboxFault Redirect(string location, int status = 307) =>
        new() { Status = status, Headers = [new("Location", location)] };

    /// <summary>The ordinary answer, compressed with gzip, deflate, br or zstd.</summary>
    public static SandboxFault Encoded(string coding, bool broken = false) =>
        new() { ContentEncoding = coding, BrokenEncoding = broken };

    /// <summary>The ordinary answer after a wait before its headers.</summary>
    public static SandboxFault Slow(TimeSpan delay) => new() { Delay = delay };

    /// <summary>Wait at a gate.</summary>
    public static SandboxFault Stall(SandboxGate gate, FaultPlace place) => new() { Gate = gate, Place = place };

    /// <summary>Close the connection (FIN), the message unfinished.</summary>
    public static SandboxFault Hangup(FaultPlace place) => new() { Place = place, End = FaultEnd.Hangup };

    /// <summary>Reset the connection.</summary>
    public static SandboxFault Reset(FaultPlace place) => new() { Place = place, End = FaultEnd.Reset };

    /// <summary>End the HTTP message in good order, the answer unfinished.</summary>
    public static SandboxFault CleanEnd(FaultPlace place) =>
        new() { Place = place, End = FaultEnd.CleanEnd };

    /// <summary>Cut inside an event and end as told; the shape and line ends that the place needs are set.</summary>
    public static SandboxFault Cut(FaultPlace place, FaultEnd end = FaultEnd.Reset) => new()
    {
        Place = place,
        End = end,
        LineEnding = place.Kind == FaultPlaceKind.InLineEnd ? SandboxLineEnding.CrLf : SandboxLineEnding.Lf,
        Shape = place.Kind == FaultPlaceKind.InUtf8 ? new AnswerShape { Unicode = true } : AnswerShape.Default,
    };

    /// <summary>An error inside the stream after <paramref name="afterEvents"/> events: the error type (Messages) or code (Responses, Chat).</summary>
    public static SandboxFault StreamError(string code, string message, int afterEvents = 0, int? status = null) =>
        new() { Place = FaultPlace.AfterEvents(afterEvents), ErrorEvent = new InBandError(code, message, status) };

    /// <summary>A <c>codex.rate_limits</c> event before the answer's own events.</summary>
    public static SandboxFault RateLimitsEvent(bool limitReached, double primaryUsedPercent = 100, long resetAt = 1_790_000_000) =>
        Insert(0, string.Create(null, $"event: codex.rate_limits\ndata: {{\"type\":\"codex.rate_limits\",\"plan_type\":\"plus\",\"rate_limits\":{{\"allowed\":{(limitReached ? "false" : "true")},\"limit_reached\":{(limitReached ? "true" : "false")},\"primary\":{{\"used_percent\":{primaryUsedPercent},\"window_minutes\":300,\"reset_after_seconds\":600,\"reset_at\":{resetAt}}},\"secondary\":null}}}}\n\n"));

    /// <summary>A raw frame (with its blank line) after <paramref name="afterEvents"/> events, <paramref name="times"/> times.</summary>
    public static SandboxFault Insert(int afterEvents, string frame, int times = 1) =>
        new() { Inserts = [new FrameInsert(afterEvents, Encoding.UTF8.GetBytes(frame), times)] };

    /// <summary>An event type that nobody knows.</summary>
    public static SandboxFault UnknownEvent(int afterEvents = 1) =>
        Insert(afterEvents, "event: sandbox.unknown\ndata: {\"type\":\"sandbox.unknown\",\"note\":\"ignore me\"}\n\n");

    /// <summary>A flood of comments.</summary>
    public static SandboxFault Comments(int count, int afterEvents = 1) => Insert(afterEvents, ": sandbox\n\n", count);

    /// <summary>A flood of ping events.</summary>
    public static SandboxFault Pings(int count, int afterEvents = 1) =>
        Insert(afterEvents, "event: ping\ndata: {\"type\":\"ping\"}\n\n", count);

    /// <summary>The terminal event twice.</summary>
    public static SandboxFault Twice() => new() { TerminalTwice = true };

    /// <summary>Usage in every chunk.</summary>
    public static SandboxFault UsageEverywhere() => new() { Shape = new AnswerShape { UsageEverywhere = true } };

    /// <summary>Many small text deltas.</summary>
    public static SandboxFault TinyEvents(int count = 10_000) => new() { Shape = new AnswerShape { Events = count, Size = 1 } };

    /// <summary>One text delta of <paramref name="bytes"/> bytes.</summary>
    public static SandboxFault BigEvent(int bytes) => new() { Shape = new AnswerShape { Events = 1, Size = bytes } };

    /// <summary>Scripted pace.</summary>
    public static SandboxFault Paced(TimeSpan first, TimeSpan gap, int events) =>
        new() { Shape = new AnswerShape { First = first, Gap = gap, Events = events } };

    /// <summary>Other line ends.</summary>
    public static SandboxFault Lines(SandboxLineEnding ending) => new() { LineEnding = ending };

    /// <summary>Writes of <paramref name="bytes"/> bytes each.</summary>
    public static SandboxFault Splinter(int bytes) => new() { WriteSize = bytes };

    /// <summary>Tool arguments one byte per event.</summary>
    public static SandboxFault SplitArguments() => new() { Shape = new AnswerShape { SplitArguments = true } };

    /// <summary>Parallel tool calls interleaved.</summary>
    public static SandboxFault Interleave() => new() { Shape = new AnswerShape { Interleave = true } };

    /// <summary>An added response header of <paramref name="bytes"/> bytes.</summary>
    public static SandboxFault BigHeader(int bytes, string name = "x-sandbox-filler") =>
        new() { Headers = [new(name, new string('h', bytes))] };

    /// <summary>The same fault for one operation only.</summary>
    public SandboxFault For(SandboxOperation operation) => this with { Operation = operation };
}

/// <summary>An error sent inside a stream.</summary>
/// <param name="Code">Messages: the error's type. Responses: the code inside <c>response.failed</c>. Chat: type and code.</param>
/// <param name="Message">The text.</param>
/// <param name="Status">Responses: sent as a <c>type:"error"</c> event with this status_code instead; null: <c>response.failed</c>.</param>
public sealed record InBandError(string Code, string Message, int? Status = null);

/// <summary>A raw frame between the answer's own.</summary>
/// <param name="AfterEvents">How many of the answer's own events go out before it.</param>
/// <param name="Frame">Its bytes, blank line included.</param>
/// <param name="Times">How often.</param>
public sealed record FrameInsert(int AfterEvents, ReadOnlyMemory<byte> Frame, int Times = 1);
