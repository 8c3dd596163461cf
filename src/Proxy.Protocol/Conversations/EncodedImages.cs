using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>
/// Tool output as a <em>string</em> that holds a JSON list of content parts with images: some clients can't say it
/// otherwise. Taken apart only when all of it is sound (spec/protocols.md E25, E163).
/// </summary>
internal static class EncodedImages
{
    /// <summary>The parts, or null when the text is just text.</summary>
    public static IReadOnlyList<ContentPart>? TryRead(JsonText text)
    {
        var escaped = text.Escaped;
        if (escaped.Length < 20 || escaped[0] != (byte)'[' || escaped.IndexOf("image"u8) < 0 || text.Unescape() is not { } json)
        {
            return null;
        }

        try
        {
            var cursor = new JsonCursor(json);
            var parts = new List<ContentPart>();
            cursor.EnterArray();
            while (cursor.NextElement())
            {
                if (ReadPart(ref cursor) is not { } part)
                {
                    return null;
                }

                parts.Add(part);
            }

            cursor.Finish();
            return parts.Exists(static part => part is ImagePart) ? parts : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ContentPart? ReadPart(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText type = default, text = default, url = default, detail = default;
        var sound = true;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("text"u8))
            {
                text = cursor.Text();
            }
            else if (cursor.NameIs("detail"u8))
            {
                detail = cursor.Text();
                sound &= detail.IsPresent;
            }
            else if (cursor.NameIs("image_url"u8))
            {
                if (cursor.EnterObject())
                {
                    while (cursor.NextMember())
                    {
                        if (cursor.NameIs("url"u8))
                        {
                            url = cursor.Text();
                        }
                        else if (cursor.NameIs("detail"u8))
                        {
                            detail = cursor.Text();
                            sound &= detail.IsPresent;
                        }
                    }
                }
                else
                {
                    url = cursor.Text();
                }
            }
        }

        if (!sound)
        {
            return null;
        }

        if (type.ValueEquals("image_url"u8) || type.ValueEquals("input_image"u8))
        {
            return MediaSources.FromUrl(url) is { } source ? new ImagePart(source) { Detail = detail } : null;
        }

        return text.IsPresent && (type.ValueEquals("text"u8) || type.ValueEquals("input_text"u8) || type.ValueEquals("output_text"u8)) ? new TextPart(text) : null;
    }
}
