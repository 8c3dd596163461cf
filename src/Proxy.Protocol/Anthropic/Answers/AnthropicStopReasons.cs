using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>The words for <see cref="StopReason"/> (spec/protocols.md 17).</summary>
internal static class AnthropicStopReasons
{
    /// <summary>What a word means; <see cref="StopReason.EndTurn"/> for one that is not known.</summary>
    public static StopReason Read(JsonText word) => JsonEscapes.ToReadable(word) switch
    {
        "stop_sequence" => StopReason.StopSequence,
        "tool_use" => StopReason.ToolUse,
        "pause_turn" => StopReason.PauseTurn,
        "max_tokens" => StopReason.MaxTokens,
        "model_context_window_exceeded" => StopReason.ContextWindow,
        "refusal" or "sensitive" => StopReason.Refusal,
        _ => StopReason.EndTurn,
    };

    public static ReadOnlySpan<byte> Word(StopReason reason) => reason switch
    {
        StopReason.StopSequence => "stop_sequence"u8,
        StopReason.ToolUse => "tool_use"u8,
        StopReason.PauseTurn => "pause_turn"u8,
        StopReason.MaxTokens => "max_tokens"u8,
        StopReason.ContextWindow => "model_context_window_exceeded"u8,
        StopReason.Refusal => "refusal"u8,
        _ => "end_turn"u8,
    };
}
