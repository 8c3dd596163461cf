using Proxy.Protocol.Conversations;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>Reads a body of <see cref="Dialects.Dialect.OpenAIChat"/> into a conversation.</summary>
public static class ChatRequestReader
{
    /// <summary>Reads <paramref name="body"/>. On a problem the conversation is null. Never throws; texts are slices of the body.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, out RequestProblem? problem) => throw new NotSupportedException();
}
