using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>What a block of an answer holds.</summary>
public enum BlockKind
{
    /// <summary>Text for the user.</summary>
    Text,

    /// <summary>The model's words of refusal.</summary>
    Refusal,

    /// <summary>Reasoning, or a summary of it.</summary>
    Reasoning,

    /// <summary>Reasoning that the provider hides: only <see cref="BlockOpened.Opaque"/> is there, to be sent back.</summary>
    RedactedReasoning,

    /// <summary>A call of a function tool; its fragments are pieces of JSON text.</summary>
    ToolCall,

    /// <summary>A call of a custom (free-form) tool; its fragments are pieces of plain text.</summary>
    CustomToolCall,

    /// <summary>A block that only its own dialect knows; <see cref="BlockOpened.Raw"/> holds it whole.</summary>
    Foreign,
}

/// <summary>Why an answer ended (spec/protocols.md 17).</summary>
public enum StopReason
{
    /// <summary>The model was done.</summary>
    EndTurn,

    /// <summary>A stop sequence was met.</summary>
    StopSequence,

    /// <summary>The model waits for tool results.</summary>
    ToolUse,

    /// <summary>A server tool wants the turn continued.</summary>
    PauseTurn,

    /// <summary>The output limit was reached.</summary>
    MaxTokens,

    /// <summary>The context window is full.</summary>
    ContextWindow,

    /// <summary>The model or a filter refused.</summary>
    Refusal,
}

/// <summary>
/// One step of an answer, dialect-free. Blocks are explicit, have an id that is stable and unique within the answer
/// (0, 1, 2 … in order of opening), and may interleave; a writer that must serialise them buffers. Text inside an
/// event points into the frame that it was read from: it is valid until the reader's next call.
/// </summary>
public abstract record AnswerEvent;

/// <summary>The answer has begun. Sent once, first.</summary>
/// <param name="Id">The upstream's id of the answer; absent when it gave none.</param>
/// <param name="Model">The upstream's name of the model; absent when it gave none.</param>
/// <param name="CreatedAt">Unix seconds; null when not told.</param>
/// <param name="Usage">What is known at the start.</param>
public sealed record AnswerStarted(JsonText Id, JsonText Model, long? CreatedAt, Usage Usage) : AnswerEvent;

/// <summary>A block begins. A tool call opens only once its name is known.</summary>
/// <param name="Block">The block's id.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="CallId">The id that ties a tool call to its result; absent for other kinds.</param>
/// <param name="Name">The tool's name as the upstream said it; absent for other kinds.</param>
/// <param name="Opaque">The data of <see cref="BlockKind.RedactedReasoning"/>.</param>
/// <param name="Raw">The whole block of <see cref="BlockKind.Foreign"/>, in the upstream's dialect.</param>
public sealed record BlockOpened(int Block, BlockKind Kind, JsonText CallId = default, JsonText Name = default, JsonText Opaque = default, JsonRaw Raw = default) : AnswerEvent
{
    /// <summary>The upstream gave the call no name: <see cref="Name"/> is made up.</summary>
    public bool IsNameMadeUp { get; init; }
}

/// <summary>More text of a block, as a JSON string token: never unescaped, never escaped anew.</summary>
public sealed record BlockDelta(int Block, JsonText Fragment) : AnswerEvent;

/// <summary>A reasoning block goes on with its next part (Responses: the next summary_index).</summary>
public sealed record ReasoningPartStarted(int Block) : AnswerEvent;

/// <summary>The text of a block refers to a page.</summary>
public sealed record BlockAnnotated(int Block, Citation Citation) : AnswerEvent;

/// <summary>A web search that the provider made by itself, whole: it opens no block and waits for nothing.</summary>
/// <param name="Block">An id like a block's.</param>
/// <param name="Id">The provider's id of it; absent when it gave none.</param>
/// <param name="Query">What was searched for; absent when it is not told.</param>
/// <param name="Sources">What was found, as far as it is told.</param>
public sealed record SearchTold(int Block, JsonText Id, JsonText Query, IReadOnlyList<SearchSource> Sources) : AnswerEvent;

/// <summary>A page that a search found.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Title">Its title; absent when it is not told.</param>
public readonly record struct SearchSource(JsonText Url, JsonText Title);

/// <summary>A block is complete.</summary>
/// <param name="Block">The block's id.</param>
/// <param name="Signature">For reasoning: the signature or encrypted content that must come back unchanged.</param>
public sealed record BlockClosed(int Block, JsonText Signature = default) : AnswerEvent;

/// <summary>The answer ended well. Sent once, last; all blocks are closed before it.</summary>
public sealed record AnswerEnded(StopReason Reason, JsonText StopSequence, Usage Usage) : AnswerEvent;

/// <summary>The upstream reported an error inside its stream. Sent once, last.</summary>
/// <param name="Error">What it said, for the classifier.</param>
public sealed record AnswerFailed(UpstreamErrorBody Error) : AnswerEvent;

/// <summary>An error as an upstream words it, whatever its shape.</summary>
/// <param name="Status">The HTTP status it carries or implies; null when it tells none.</param>
/// <param name="Type">Its <c>type</c>.</param>
/// <param name="Code">Its <c>code</c>.</param>
/// <param name="Message">Its message; never null, may be empty.</param>
/// <param name="ResetsAt">Unix seconds, from <c>resets_at</c>.</param>
/// <param name="ResetsInSeconds">From <c>resets_in_seconds</c>.</param>
/// <param name="Json">The error payload as it came; may be empty.</param>
public sealed record UpstreamErrorBody(int? Status, string? Type, string? Code, string Message, long? ResetsAt, long? ResetsInSeconds, ReadOnlyMemory<byte> Json);
