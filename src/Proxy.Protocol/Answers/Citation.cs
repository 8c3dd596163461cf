using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>A page that a text refers to.</summary>
/// <param name="Url">Its address; absent for a place inside of a document, which has no form in the other dialects.</param>
/// <param name="Title">Its title; absent when it is not told.</param>
public readonly record struct Citation(JsonText Url, JsonText Title)
{
    /// <summary>
    /// Reads Anthropic's <c>web_search_result_location</c>, Responses' <c>url_citation</c>, and Chat's, whose members lie one
    /// level deeper.
    /// </summary>
    internal static Citation Read(JsonRaw raw)
    {
        JsonText url = default, title = default;
        if (raw.IsObject)
        {
            var cursor = new JsonCursor(raw.Utf8);
            for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
            {
                if (cursor.NameIs("url"u8))
                {
                    url = cursor.Text();
                }
                else if (cursor.NameIs("title"u8))
                {
                    title = cursor.Text();
                }
                else if (cursor.NameIs("url_citation"u8) && cursor.IsObject)
                {
                    return Read(cursor.Raw());
                }
            }
        }

        return new Citation(url.IsEmpty ? default : url, title);
    }

    /// <summary>The same on memory of its own.</summary>
    internal Citation Detach() => new(Url.Detach(), Title.Detach());
}
