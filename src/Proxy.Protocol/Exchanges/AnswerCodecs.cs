using Proxy.Protocol.Answers;
using Proxy.Protocol.Anthropic.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.OpenAIChat.Answers;
using Proxy.Protocol.OpenAIResponses.Answers;

namespace Proxy.Protocol.Exchanges;

/// <summary>The answer's reader and writer of each dialect: n of each, never one per pair.</summary>
internal static class AnswerCodecs
{
    public static IAnswerStreamReader StreamReader(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicStreamReader(),
        Dialect.OpenAIChat => new ChatStreamReader(),
        Dialect.OpenAIResponses => new ResponsesStreamReader(),
        _ => throw Unknown(dialect),
    };

    public static IAnswerStreamWriter StreamWriter(Dialect dialect, RequestEcho echo) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicStreamWriter(echo),
        Dialect.OpenAIChat => new ChatStreamWriter(echo),
        Dialect.OpenAIResponses => new ResponsesStreamWriter(echo),
        _ => throw Unknown(dialect),
    };

    public static ISingleAnswerReader SingleReader(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicSingleReader(),
        Dialect.OpenAIChat => new ChatSingleReader(),
        Dialect.OpenAIResponses => new ResponsesSingleReader(),
        _ => throw Unknown(dialect),
    };

    public static ISingleAnswerWriter SingleWriter(Dialect dialect, RequestEcho echo) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicSingleWriter(echo),
        Dialect.OpenAIChat => new ChatSingleWriter(echo),
        Dialect.OpenAIResponses => new ResponsesSingleWriter(echo),
        _ => throw Unknown(dialect),
    };

    private static ArgumentOutOfRangeException Unknown(Dialect dialect) => new(nameof(dialect), dialect, "not a dialect");
}
