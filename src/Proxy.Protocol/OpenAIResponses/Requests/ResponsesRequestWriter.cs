using System.Buffers;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.OpenAIResponses.Requests;

/// <summary>Writes a conversation as a body of <see cref="Dialects.Dialect.OpenAIResponses"/>.</summary>
public static class ResponsesRequestWriter
{
    /// <summary>Writes the body and fills what <paramref name="context"/> gives back.</summary>
    /// <returns>Null, or why the request can't be expressed for this upstream; then nothing usable was written.</returns>
    public static RequestProblem? Write(Conversation conversation, WriteContext context, IBufferWriter<byte> output) => throw new NotSupportedException();
}
