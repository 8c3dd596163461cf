using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>One element of a list of words: a string, or an object with a <c>text</c>.</summary>
internal static class ChatWords
{
    /// <summary>The element's words; absent when it has none.</summary>
    public static JsonText Read(ref JsonCursor cursor)
    {
        var text = cursor.Text();
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            text = cursor.NameIs("text"u8) ? cursor.Text() : text;
        }

        return text;
    }
}
