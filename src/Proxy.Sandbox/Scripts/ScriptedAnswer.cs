namespace Proxy.Sandbox.Scripts;

/// <summary>How an answer ends.</summary>
internal enum AnswerEnd
{
    Done,
    ToolCalls,
    Refused,
    Truncated,
}

/// <summary>A call in an answer.</summary>
/// <param name="Tool">The declared tool.</param>
/// <param name="Input">JSON text, or free text for a custom tool.</param>
/// <param name="Pieces">The input as it is cut into deltas.</param>
internal sealed record ScriptedCall(DeclaredTool Tool, string Input, IReadOnlyList<string> Pieces);

/// <summary>What to answer, before any protocol: the protocols' writers turn it into frames.</summary>
internal sealed record ScriptedAnswer
{
    public required AnswerEnd End { get; init; }

    /// <summary>Null: no thinking.</summary>
    public string? Thinking { get; init; }

    /// <summary>The text's deltas; empty: no text.</summary>
    public IReadOnlyList<string> Text { get; init; } = [];

    public IReadOnlyList<ScriptedCall> Calls { get; init; } = [];

    public bool Interleave { get; init; }

    public bool UsageEverywhere { get; init; }

    public TimeSpan First { get; init; }

    public TimeSpan Gap { get; init; }

    public required AnswerUsage Usage { get; init; }

    /// <summary>How long a JSON answer takes: as long as its stream would.</summary>
    public TimeSpan WholeWait => First + (Gap * Math.Max(0, Text.Count - 1));

    public string WholeText => string.Concat(Text);
}

/// <summary>Token counts of an answer.</summary>
/// <param name="Input">All prompt tokens, cached ones included.</param>
/// <param name="Cached">Of these, read from the cache.</param>
/// <param name="CacheWritten">Of these, newly written to the cache.</param>
/// <param name="Output">All output tokens, reasoning included.</param>
/// <param name="Reasoning">Of these, reasoning.</param>
internal readonly record struct AnswerUsage(int Input, int Cached, int CacheWritten, int Output, int Reasoning);
