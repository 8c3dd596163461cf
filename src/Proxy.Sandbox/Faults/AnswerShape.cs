namespace Proxy.Sandbox.Faults;

/// <summary>How the content of an answer is cut into events and paced; null members leave it to the request's own directives.</summary>
public sealed record AnswerShape
{
    /// <summary>Nothing asked.</summary>
    public static AnswerShape Default { get; } = new();

    /// <summary>Number of text deltas.</summary>
    public int? Events { get; init; }

    /// <summary>Bytes of text per delta.</summary>
    public int? Size { get; init; }

    /// <summary>Wait between the opening events and the first content event.</summary>
    public TimeSpan? First { get; init; }

    /// <summary>Wait between content events.</summary>
    public TimeSpan? Gap { get; init; }

    /// <summary>Text with characters of two, three and four bytes.</summary>
    public bool Unicode { get; init; }

    /// <summary>Every chunk carries a usage member (Chat), or usage deltas are repeated (Anthropic).</summary>
    public bool UsageEverywhere { get; init; }

    /// <summary>Tool arguments go out one byte per event.</summary>
    public bool SplitArguments { get; init; }

    /// <summary>Events of parallel tool calls alternate (ChatGPT and Chat; the Messages protocol cannot).</summary>
    public bool Interleave { get; init; }
}
