using Proxy.Protocol.Conversations;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>Reads a body of <see cref="Dialects.Dialect.AnthropicMessages"/> into a conversation.</summary>
public static class AnthropicRequestReader
{
    /// <summary>Reads <paramref name="body"/>. On a problem the conversation is null. Never throws; texts are slices of the body.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, out RequestProblem? problem) => throw new NotSupportedException();
}
