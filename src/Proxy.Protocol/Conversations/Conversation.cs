using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.Conversations;

/// <summary>
/// A request, dialect-free: a flat list of items, as in Responses; writers form turns. Texts, arguments and schemas
/// are slices of the client's body and are valid as long as it is.
/// </summary>
public sealed record Conversation
{
    /// <summary>The dialect it was read from.</summary>
    public required Dialect Origin { get; init; }

    /// <summary>The model name as the client wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>The client wants a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>Instructions, messages, reasoning, tool calls and results, in order.</summary>
    public IReadOnlyList<ConversationItem> Items { get; init; } = [];

    /// <summary>The declared tools, in order.</summary>
    public IReadOnlyList<ToolDeclaration> Tools { get; init; } = [];

    /// <summary>Which tool the model may or must use; null when not told.</summary>
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>Whether several tools may be called in one turn; null when not told.</summary>
    public bool? ParallelToolCalls { get; init; }

    /// <summary>How much the model should think, and whether to show it; null when not told.</summary>
    public ThinkingWish? Thinking { get; init; }

    /// <summary>Whether and how reasoning is to be shown.</summary>
    public ReasoningVisibility ReasoningVisibility { get; init; }

    /// <summary>Output limit in tokens; null when not told.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>The number as written; absent when not told.</summary>
    public JsonRaw Temperature { get; init; }

    /// <summary>The number as written; absent when not told.</summary>
    public JsonRaw TopP { get; init; }

    /// <summary>The number as written; absent when not told.</summary>
    public JsonRaw TopK { get; init; }

    /// <summary>Stop sequences, in order.</summary>
    public IReadOnlyList<JsonText> StopSequences { get; init; } = [];

    /// <summary>The wanted form of the text output; null when not told.</summary>
    public OutputFormat? OutputFormat { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c>; absent when not told.</summary>
    public JsonText Verbosity { get; init; }

    /// <summary>True for Anthropic <c>speed: fast</c> and OpenAI <c>service_tier: priority</c>.</summary>
    public bool Priority { get; init; }

    /// <summary>OpenAI's <c>prompt_cache_key</c>; absent when not told.</summary>
    public JsonText PromptCacheKey { get; init; }

    /// <summary>Anthropic's <c>metadata.user_id</c> or OpenAI's <c>user</c>; absent when not told.</summary>
    public JsonText EndUser { get; init; }

    /// <summary>Chat: <c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Responses: the request's members that the response object repeats, raw, in the request's order; slices of the body.</summary>
    public IReadOnlyList<RawMember> ResponseMembers { get; init; } = [];

    /// <summary>Top-level members that the model does not name.</summary>
    public IReadOnlyList<RawMember> Unknown { get; init; } = [];
}

/// <summary>Whether reasoning is shown to the client (spec/protocols.md 1.5).</summary>
public enum ReasoningVisibility
{
    /// <summary>Not told.</summary>
    Unspecified,

    /// <summary>Show a summary of the provider's choosing.</summary>
    Auto,

    /// <summary>Show a short summary.</summary>
    Concise,

    /// <summary>Show a long summary.</summary>
    Detailed,

    /// <summary>Show nothing.</summary>
    Hidden,
}
