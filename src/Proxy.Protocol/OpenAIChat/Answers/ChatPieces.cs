using System.Buffers;
using System.Text;
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
        output.WriteText(!id.IsEmpty ? id : JsonText.FromString("chatcmpl-" + echo.IdSeed));
        output.Write(",\"object\":\""u8);
        output.Write(objectType);
        output.Write("\",\"created\":"u8);
        output.WriteNumber(createdAt ?? echo.CreatedAt);
        output.Write(",\"model\":"u8);
        output.WriteText(echo.ModelFor(model));
    }

    /// <summary>One citation of the text from <paramref name="start"/> to <paramref name="end"/>, in characters of the whole content.</summary>
    public static void WriteCitation(Citation citation, int start, int end, IBufferWriter<byte> output)
    {
        output.Write("{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":"u8);
        output.WriteNumber(start);
        output.Write(",\"end_index\":"u8);
        output.WriteNumber(end);
        output.Write(",\"url\":"u8);
        output.WriteText(citation.Url);
        output.Write(",\"title\":"u8);
        output.WriteText(citation.Title.IsPresent ? citation.Title : citation.Url);
        output.Write("}}"u8);
    }

    /// <summary>How many characters (UTF-16, as JavaScript counts) a text has.</summary>
    public static int LengthOf(JsonText text) =>
        text.Escaped.IndexOf((byte)'\\') < 0 ? Encoding.UTF8.GetCharCount(text.Escaped) : JsonEscapes.ToReadable(text)?.Length ?? 0;
}
