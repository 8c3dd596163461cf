using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>The words for <see cref="StopReason"/> (spec/protocols.md 17).</summary>
internal static class ChatFinishReasons
{
    /// <summary>
    /// What a finish reason means. Calls decide over <c>stop</c> and <c>tool_calls</c>, in both directions (E91, E99);
    /// so do the model's words of refusal, for which OpenAI has no finish reason of its own.
    /// </summary>
    public static StopReason Read(JsonText word, bool hasCalls, bool hasRefused) => JsonEscapes.ToReadable(word) switch
    {
        "length" or "max_tokens" => StopReason.MaxTokens,
        "content_filter" => StopReason.Refusal,
        _ => hasCalls ? StopReason.ToolUse : hasRefused ? StopReason.Refusal : StopReason.EndTurn,
    };

    /// <summary>
    /// The finish reason: <c>stop</c> for a refusal that the model's own words have told, <c>content_filter</c> for any
    /// other, and where there are calls: they may be cut, and <c>stop</c> would be no word for them.
    /// </summary>
    public static ReadOnlySpan<byte> Word(StopReason reason, bool hasCalls, bool hasRefused) => reason switch
    {
        StopReason.MaxTokens or StopReason.ContextWindow => "length"u8,
        StopReason.Refusal => hasRefused && !hasCalls ? "stop"u8 : "content_filter"u8,
        _ => hasCalls ? "tool_calls"u8 : "stop"u8,
    };
}
