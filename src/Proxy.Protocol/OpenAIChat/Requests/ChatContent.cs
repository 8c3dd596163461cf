using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>A message's <c>content</c>: a string, a list of parts, or (from tools) any other JSON.</summary>
internal struct ChatContent
{
    public List<ContentPart>? Parts;

    /// <summary>It was a plain string, or something that is carried as one.</summary>
    public bool IsText;

    public static ChatContent Read(ref JsonCursor cursor)
    {
        if (cursor.IsString)
        {
            return new ChatContent { Parts = [new TextPart(cursor.Text())], IsText = true };
        }

        if (cursor.IsNull)
        {
            return new ChatContent { IsText = true };
        }

        var parts = new List<ContentPart>();
        if (cursor.EnterArray())
        {
            while (cursor.NextElement())
            {
                ReadPart(ref cursor, parts);
            }

            return new ChatContent { Parts = parts };
        }

        // an object that is a part is one part; any other value is its own JSON text (spec/protocols.md E26)
        var raw = cursor.Raw();
        if (raw.IsObject)
        {
            var again = new JsonCursor(raw.Utf8);
            ReadPart(ref again, parts);
            if (parts is [not ForeignPart])
            {
                return new ChatContent { Parts = parts };
            }
        }

        return new ChatContent { Parts = [new TextPart(TextTokens.Quote(raw.Utf8.Span))], IsText = true };
    }

    private static void ReadPart(ref JsonCursor cursor, List<ContentPart> parts)
    {
        if (cursor.IsString)
        {
            parts.Add(new TextPart(cursor.Text()));
            return;
        }

        var start = cursor.Position;
        if (!cursor.EnterObject())
        {
            return;
        }

        JsonText type = default, text = default, url = default, detail = default, data = default, fileId = default, name = default;
        JsonRaw cache = default;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("text"u8) || cursor.NameIs("refusal"u8))
            {
                text = cursor.Text();
            }
            else if (cursor.NameIs("cache_control"u8))
            {
                cache = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("image_url"u8) || cursor.NameIs("file"u8))
            {
                if (cursor.IsString)
                {
                    url = cursor.Text();
                }
                else if (cursor.EnterObject())
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
                        }
                        else if (cursor.NameIs("file_data"u8))
                        {
                            data = cursor.Text();
                        }
                        else if (cursor.NameIs("file_id"u8))
                        {
                            fileId = cursor.Text();
                        }
                        else if (cursor.NameIs("filename"u8))
                        {
                            name = cursor.Text();
                        }
                    }
                }
            }
        }

        if (text.IsPresent && (!type.IsPresent || type.ValueEquals("text"u8) || type.ValueEquals("input_text"u8) || type.ValueEquals("output_text"u8)))
        {
            parts.Add(new TextPart(text) { CacheControl = cache });
        }
        else if (type.ValueEquals("refusal"u8) && text.IsPresent)
        {
            parts.Add(new RefusalPart(text));
        }
        else if (type.ValueEquals("image_url"u8) || type.ValueEquals("input_image"u8))
        {
            if (MediaSources.FromUrl(url) is { } source)
            {
                parts.Add(new ImagePart(source) { Detail = detail, CacheControl = cache });
            }
        }
        else if (type.ValueEquals("file"u8))
        {
            if (MediaSources.FromFileData(data, name.ToString()) is { } source)
            {
                parts.Add(new FilePart(source) { Name = name, CacheControl = cache });
            }
            else if (!fileId.IsEmpty)
            {
                parts.Add(new FilePart(new MediaSource(null, default, default, fileId, default)) { Name = name, CacheControl = cache });
            }
        }
        else
        {
            parts.Add(new ForeignPart(type, cursor.Through(start)));
        }
    }
}
