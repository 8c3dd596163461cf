using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>Who speaks.</summary>
public enum Role
{
    /// <summary>System instructions.</summary>
    System,

    /// <summary>Developer instructions (OpenAI).</summary>
    Developer,

    /// <summary>The user.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One item of a conversation.</summary>
public abstract record ConversationItem
{
    /// <summary>The item's id, where its dialect has one; absent otherwise.</summary>
    public JsonText Id { get; init; }

    /// <summary>Members that the model does not name.</summary>
    public IReadOnlyList<RawMember> Unknown { get; init; } = [];
}

/// <summary>Words of one speaker.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Parts">What, in order.</param>
public sealed record MessageItem(Role Role, IReadOnlyList<ContentPart> Parts) : ConversationItem
{
    /// <summary>True for instructions that stand outside of the turns: Anthropic <c>system</c>, Responses <c>instructions</c>.</summary>
    public bool IsTopLevel { get; init; }
}

/// <summary>The model's reasoning, to be sent back.</summary>
/// <param name="Texts">The summary (or content) parts.</param>
/// <param name="Signature">Signature or encrypted content; absent when there is none.</param>
public sealed record ReasoningItem(IReadOnlyList<JsonText> Texts, JsonText Signature) : ConversationItem
{
    /// <summary>Data of Anthropic's <c>redacted_thinking</c>; absent otherwise.</summary>
    public JsonText Redacted { get; init; }
}

/// <summary>A call that the model made.</summary>
/// <param name="CallId">Ties it to its result; absent when the client gave none.</param>
/// <param name="Name">The tool.</param>
/// <param name="Input">The arguments: JSON text of an object for a function, plain text for a custom tool.</param>
public sealed record ToolCallItem(JsonText CallId, JsonText Name, ToolInput Input) : ConversationItem
{
    /// <summary>True for a custom (free-form) tool.</summary>
    public bool IsCustom { get; init; }

    /// <summary>Responses: the namespace of the tool; absent otherwise.</summary>
    public JsonText Namespace { get; init; }

    /// <summary>Anthropic <c>cache_control</c>; absent otherwise.</summary>
    public JsonRaw CacheControl { get; init; }
}

/// <summary>
/// Tool input in whichever of its two forms it came: as a JSON value (Anthropic <c>input</c>) or as a string that
/// holds JSON text (OpenAI <c>arguments</c>). Converted only where the target needs the other form, verbatim.
/// </summary>
public readonly record struct ToolInput(JsonRaw Value, JsonText Text);

/// <summary>What a tool answered.</summary>
/// <param name="CallId">The call it answers; absent when the client gave none.</param>
/// <param name="Parts">What it said.</param>
public sealed record ToolResultItem(JsonText CallId, IReadOnlyList<ContentPart> Parts) : ConversationItem
{
    /// <summary>The tool failed.</summary>
    public bool IsError { get; init; }

    /// <summary>True for the result of a custom tool.</summary>
    public bool IsCustom { get; init; }

    /// <summary>True when the client wrote a plain string, not a list of parts.</summary>
    public bool IsPlainText { get; init; }

    /// <summary>Anthropic <c>cache_control</c>; absent otherwise.</summary>
    public JsonRaw CacheControl { get; init; }
}

/// <summary>An item that only its own dialect knows (built-in tool calls, compaction, …), whole.</summary>
/// <param name="Role">Who it belongs to.</param>
/// <param name="Type">Its <c>type</c>.</param>
/// <param name="Raw">The item.</param>
public sealed record ForeignItem(Role Role, JsonText Type, JsonRaw Raw) : ConversationItem;
