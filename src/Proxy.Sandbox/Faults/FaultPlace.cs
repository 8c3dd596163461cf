namespace Proxy.Sandbox.Faults;

/// <summary>Where in an answer a fault happens. A JSON answer counts as one event.</summary>
/// <param name="Kind">The kind of place.</param>
/// <param name="Event">With the kinds that count: how many events go out whole before it.</param>
public readonly record struct FaultPlace(FaultPlaceKind Kind, int Event = 0)
{
    /// <summary>Nothing of the answer has been sent.</summary>
    public static FaultPlace BeforeHeaders { get; } = new(FaultPlaceKind.BeforeHeaders);

    /// <summary>Status and headers are out, no body byte is.</summary>
    public static FaultPlace AfterHeaders { get; } = new(FaultPlaceKind.AfterHeaders);

    /// <summary>Exactly <paramref name="events"/> events are out; more than the answer has means at its end.</summary>
    public static FaultPlace AfterEvents(int events) => new(FaultPlaceKind.AfterEvents, events);

    /// <summary>Half of the event after <paramref name="events"/> whole ones is out.</summary>
    public static FaultPlace InFrame(int events) => new(FaultPlaceKind.InFrame, events);

    /// <summary>The event after <paramref name="events"/> whole ones is out up to the inside of its last JSON string.</summary>
    public static FaultPlace InString(int events) => new(FaultPlaceKind.InString, events);

    /// <summary>The first event from there on that has a character of several bytes is out up to the middle of that character.</summary>
    public static FaultPlace InUtf8(int events) => new(FaultPlaceKind.InUtf8, events);

    /// <summary>The event after <paramref name="events"/> whole ones is out up to the middle of its last CR LF.</summary>
    public static FaultPlace InLineEnd(int events) => new(FaultPlaceKind.InLineEnd, events);
}

/// <summary>The kinds of <see cref="FaultPlace"/>.</summary>
public enum FaultPlaceKind
{
    /// <summary>Before status and headers.</summary>
    BeforeHeaders,

    /// <summary>Between headers and body.</summary>
    AfterHeaders,

    /// <summary>Between two events.</summary>
    AfterEvents,

    /// <summary>In the middle of an event.</summary>
    InFrame,

    /// <summary>Inside a JSON string of an event.</summary>
    InString,

    /// <summary>Inside a UTF-8 sequence of an event.</summary>
    InUtf8,

    /// <summary>Between CR and LF.</summary>
    InLineEnd,
}

/// <summary>How an answer ends at its <see cref="FaultPlace"/>.</summary>
public enum FaultEnd
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>A well-formed end of the HTTP message, as if the answer were whole.</summary>
    CleanEnd,

    /// <summary>The server's side of the connection is closed (FIN) without the end of the HTTP message.</summary>
    Hangup,

    /// <summary>The connection is reset (RST; on HTTP/2 the stream).</summary>
    Reset,
}

/// <summary>How lines of a stream end.</summary>
public enum SandboxLineEnding
{
    /// <summary>LF, as the real ones do.</summary>
    Lf,

    /// <summary>CR LF.</summary>
    CrLf,

    /// <summary>CR alone.</summary>
    Cr,
}
