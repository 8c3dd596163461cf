using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>Small pieces that the stream and the single writer share.</summary>
internal static class ChatPieces
{
    /// <summary>The members that a completion and all of its chunks begin with.</summary>
    public static void WriteMembers(
        ReadOnlySpan<byte> objectType, JsonText id, long? createdAt, JsonText model, RequestEcho echo, IBufferWriter<byte> output)
    {
        output.Write("{\"id\":"u8);
        output.WriteText(id.IsPresent ? id : JsonText.FromString("chatcmpl-" + echo.IdSeed));
        output.Write(",\"object\":\""u8);
        output.Write(objectType);
        output.Write("\",\"created\":"u8);
        output.WriteNumber(createdAt ?? echo.CreatedAt);
        output.Write(",\"model\":"u8);
        output.WriteText(echo.ModelFor(model));
    }
}
