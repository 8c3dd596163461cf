using Proxy.Protocol.Conversations;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIResponses.Requests;

/// <summary>Reads a body of <see cref="Dialects.Dialect.OpenAIResponses"/> into a conversation.</summary>
public static class ResponsesRequestReader
{
    /// <summary>Reads <paramref name="body"/>. On a problem the conversation is null. Never throws; texts are slices of the body.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, out RequestProblem? problem) => throw new NotSupportedException();
}
