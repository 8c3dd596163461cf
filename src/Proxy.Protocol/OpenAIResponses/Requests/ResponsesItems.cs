using Proxy.Protocol.Answers;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Requests;

/// <summary>Reads input items. Each is one pass over its members, whatever their order, then a decision by <c>type</c>.</summary>
internal static class ResponsesItems
{
    public static void Read(ref JsonCursor cursor, ConversationDraft draft, List<ToolDeclaration> tools, int index)
    {
        if (cursor.IsString)
        {
            draft.Add(new MessageItem(Role.User, [new TextPart(cursor.Text())]));
            return;
        }

        var start = cursor.Position;
        if (!cursor.EnterObject())
        {
            draft.Refuse($"Invalid type for 'input[{index}]': expected an object.", "input");
            return;
        }

        var item = default(Fields);
        while (cursor.NextMember())
        {
            ReadMember(ref cursor, draft, tools, ref item);
        }

        var raw = cursor.Through(start);
        if (item.Type.IsEmpty || item.Type.ValueEquals("message"u8))
        {
            AddMessage(draft, item, index);
        }
        else if (item.Type.ValueEquals("function_call"u8) || item.Type.ValueEquals("custom_tool_call"u8))
        {
            draft.Add(new ToolCallItem(item.CallId, item.Name, item.Input)
            {
                Id = item.Id,
                IsCustom = item.Type.ValueEquals("custom_tool_call"u8),
                Namespace = item.Namespace,
            });
        }
        else if (item.Type.ValueEquals("function_call_output"u8) || item.Type.ValueEquals("custom_tool_call_output"u8))
        {
            AddResult(draft, item);
        }
        else if (item.Type.ValueEquals("reasoning"u8))
        {
            var redacted = ReasoningCarrier.Unwrap(item.Encrypted);
            draft.Add(new ReasoningItem(item.Summary ?? item.Reasoning ?? [], redacted.IsPresent ? default : item.Encrypted) { Id = item.Id, Redacted = redacted });
        }
        else if (!item.Type.ValueEquals("additional_tools"u8))
        {
            draft.Add(new ForeignItem(item.Role.ValueEquals("user"u8) ? Role.User : Role.Assistant, item.Type, raw) { Id = item.Id });
        }
    }

    private static void ReadMember(ref JsonCursor cursor, ConversationDraft draft, List<ToolDeclaration> tools, ref Fields item)
    {
        if (cursor.NameIs("type"u8))
        {
            item.Type = cursor.Text();
        }
        else if (cursor.NameIs("role"u8))
        {
            item.Role = cursor.Text();
        }
        else if (cursor.NameIs("content"u8))
        {
            ReadContent(ref cursor, ref item);
        }
        else if (cursor.NameIs("output"u8))
        {
            ReadContent(ref cursor, ref item);
        }
        else if (cursor.NameIs("call_id"u8))
        {
            item.CallId = cursor.Text();
        }
        else if (cursor.NameIs("id"u8))
        {
            item.Id = cursor.Text();
        }
        else if (cursor.NameIs("name"u8))
        {
            item.Name = cursor.Text();
        }
        else if (cursor.NameIs("namespace"u8))
        {
            item.Namespace = cursor.Text();
        }
        else if (cursor.NameIs("arguments"u8) || cursor.NameIs("input"u8))
        {
            item.Input = cursor.IsString ? new ToolInput(default, cursor.Text()) : new ToolInput(cursor.RawOrAbsent(), default);
        }
        else if (cursor.NameIs("summary"u8))
        {
            item.Summary = ReadTexts(ref cursor);
        }
        else if (cursor.NameIs("encrypted_content"u8))
        {
            item.Encrypted = cursor.Text();
        }
        else if (cursor.NameIs("tools"u8))
        {
            ResponsesTools.Read(ref cursor, draft, tools);
        }
        else if (cursor.NameIs("cache_control"u8))
        {
            item.Cache = cursor.RawOrAbsent();
        }
    }

    private static void AddMessage(ConversationDraft draft, in Fields item, int index)
    {
        var role = item.Role.ValueEquals("user"u8) ? Role.User
            : item.Role.ValueEquals("assistant"u8) ? Role.Assistant
            : item.Role.ValueEquals("system"u8) ? Role.System
            : item.Role.ValueEquals("developer"u8) ? Role.Developer
            : item.Role.IsPresent ? (Role?)null
            : item.HasOutputText ? Role.Assistant : Role.User;
        if (role is null || (item.Type.IsEmpty && !item.Role.IsPresent))
        {
            draft.Refuse($"Invalid 'input[{index}]': an item needs a type, or a role of 'user', 'assistant', 'system' or 'developer'.", "input");
            return;
        }

        if (item.Parts is { Count: > 0 } parts)
        {
            if (item.Cache.IsPresent && !parts[^1].CacheControl.IsPresent)
            {
                parts[^1] = parts[^1] with { CacheControl = item.Cache };
            }

            draft.Add(new MessageItem(role.Value, parts) { Id = item.Id });
        }
    }

    private static void AddResult(ConversationDraft draft, in Fields item)
    {
        var parts = item.Parts ?? [];
        var isText = item.IsText;
        if (isText && parts is [TextPart only] && EncodedImages.TryRead(only.Text) is { } images)
        {
            parts = [.. images];
            isText = false;
        }

        draft.Add(new ToolResultItem(item.CallId, parts)
        {
            Id = item.Id,
            IsPlainText = isText,
            IsCustom = item.Type.ValueEquals("custom_tool_call_output"u8),
            CacheControl = item.Cache,
        });
    }

    private static void ReadContent(ref JsonCursor cursor, ref Fields item)
    {
        if (cursor.IsString)
        {
            item.Parts = [new TextPart(cursor.Text())];
            item.IsText = true;
        }
        else if (cursor.EnterArray())
        {
            item.Parts = [];
            while (cursor.NextElement())
            {
                ReadPart(ref cursor, ref item);
            }
        }
        else if (!cursor.IsNull)
        {
            // an object or a number as tool output is its own JSON text (spec/protocols.md E26)
            item.Parts = [new TextPart(TextTokens.Quote(cursor.Raw().Utf8.Span))];
            item.IsText = true;
        }
    }

    private static void ReadPart(ref JsonCursor cursor, ref Fields item)
    {
        var parts = item.Parts!;
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

        JsonText type = default, text = default, url = default, detail = default, data = default, fileUrl = default, fileId = default, name = default;
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
            else if (cursor.NameIs("image_url"u8) || cursor.NameIs("url"u8))
            {
                url = ReadUrl(ref cursor);
            }
            else if (cursor.NameIs("detail"u8))
            {
                detail = cursor.Text();
            }
            else if (cursor.NameIs("file_data"u8))
            {
                data = cursor.Text();
            }
            else if (cursor.NameIs("file_url"u8))
            {
                fileUrl = cursor.Text();
            }
            else if (cursor.NameIs("file_id"u8))
            {
                fileId = cursor.Text();
            }
            else if (cursor.NameIs("filename"u8))
            {
                name = cursor.Text();
            }
            else if (cursor.NameIs("cache_control"u8))
            {
                cache = cursor.RawOrAbsent();
            }
        }

        item.HasOutputText |= type.ValueEquals("output_text"u8);
        if (type.ValueEquals("input_text"u8) || type.ValueEquals("output_text"u8) || type.ValueEquals("text"u8))
        {
            if (text.IsPresent)
            {
                parts.Add(new TextPart(text) { CacheControl = cache });
            }
        }
        else if (type.ValueEquals("reasoning_text"u8))
        {
            if (text.IsPresent)
            {
                (item.Reasoning ??= []).Add(text);
            }
        }
        else if (type.ValueEquals("refusal"u8))
        {
            if (text.IsPresent)
            {
                parts.Add(new RefusalPart(text));
            }
        }
        else if (type.ValueEquals("input_image"u8) || type.ValueEquals("image_url"u8))
        {
            var source = MediaSources.FromUrl(url) ?? FromFileId(fileId);
            if (source is { } image)
            {
                parts.Add(new ImagePart(image) { Detail = detail, CacheControl = cache });
            }
        }
        else if (type.ValueEquals("input_file"u8))
        {
            var source = MediaSources.FromFileData(data, name.ToString()) ?? MediaSources.FromUrl(fileUrl) ?? FromFileId(fileId);
            if (source is { } file)
            {
                parts.Add(new FilePart(file) { Name = name, CacheControl = cache });
            }
        }
        else
        {
            parts.Add(new ForeignPart(type, cursor.Through(start)));
        }
    }

    private static JsonText ReadUrl(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return cursor.Text();
        }

        JsonText url = default;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("url"u8))
            {
                url = cursor.Text();
            }
        }

        return url;
    }

    private static MediaSource? FromFileId(JsonText id) => id.IsEmpty ? null : new MediaSource(null, default, default, id, default);

    private static List<JsonText>? ReadTexts(ref JsonCursor cursor)
    {
        if (!cursor.EnterArray())
        {
            return null;
        }

        var texts = new List<JsonText>();
        while (cursor.NextElement())
        {
            if (cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    if (cursor.NameIs("text"u8) && cursor.IsString)
                    {
                        texts.Add(cursor.Text());
                    }
                }
            }
        }

        // summary wins over content, but an empty one says nothing (spec/protocols.md E153)
        return texts.Count > 0 ? texts : null;
    }

    private struct Fields
    {
        public JsonText Type;
        public JsonText Role;
        public JsonText CallId;
        public JsonText Id;
        public JsonText Name;
        public JsonText Namespace;
        public JsonText Encrypted;
        public ToolInput Input;
        public JsonRaw Cache;
        public List<ContentPart>? Parts;
        public List<JsonText>? Summary;
        public List<JsonText>? Reasoning;
        public bool IsText;
        public bool HasOutputText;
    }
}
