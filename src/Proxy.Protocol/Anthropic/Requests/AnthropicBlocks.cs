using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>Reads content blocks. Each is one pass over its members, whatever their order, then a decision by <c>type</c>.</summary>
internal static class AnthropicBlocks
{
    /// <summary>Reads a message's content: a string or blocks. Blocks that are items of their own close the running message.</summary>
    public static void ReadContent(ref JsonCursor cursor, ConversationDraft draft, Role role)
    {
        if (cursor.IsString)
        {
            draft.Add(role, new TextPart(cursor.Text()));
            return;
        }

        if (!cursor.EnterArray())
        {
            return;
        }

        while (cursor.NextElement())
        {
            var block = Read(ref cursor);
            if (ItemOf(block, role) is { } item)
            {
                draft.Add(item);
            }
            else if (!IsForeignToRole(block, role))
            {
                foreach (var part in PartsOf(block))
                {
                    draft.Add(role, part);
                }
            }
        }
    }

    /// <summary>Reads a string or a list of blocks as plain parts (system text, tool results, document content).</summary>
    public static void ReadParts(ref JsonCursor cursor, List<ContentPart> parts)
    {
        if (cursor.IsString)
        {
            parts.Add(new TextPart(cursor.Text()));
        }
        else if (cursor.IsObject)
        {
            parts.AddRange(PartsOf(Read(ref cursor)));
        }
        else if (cursor.EnterArray())
        {
            while (cursor.NextElement())
            {
                parts.AddRange(PartsOf(Read(ref cursor)));
            }
        }
    }

    private static Block Read(ref JsonCursor cursor)
    {
        var block = default(Block);
        if (cursor.IsString)
        {
            return block with { Text = cursor.Text() };
        }

        var start = cursor.Position;
        if (!cursor.EnterObject())
        {
            return block;
        }

        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                block.Type = cursor.Text();
            }
            else if (cursor.NameIs("text"u8))
            {
                block.Text = cursor.Text();
            }
            else if (cursor.NameIs("content"u8))
            {
                block.IsPlainContent = cursor.IsString;
                ReadParts(ref cursor, block.Content = []);
            }
            else if (cursor.NameIs("id"u8) || cursor.NameIs("tool_use_id"u8))
            {
                block.Id = cursor.Text();
            }
            else if (cursor.NameIs("name"u8))
            {
                block.Name = cursor.Text();
            }
            else if (cursor.NameIs("input"u8))
            {
                block.Input = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("source"u8))
            {
                block.Source = ReadSource(ref cursor, ref block.Content);
            }
            else if (cursor.NameIs("thinking"u8))
            {
                block.Thinking = cursor.Text();
            }
            else if (cursor.NameIs("signature"u8))
            {
                block.Signature = cursor.Text();
            }
            else if (cursor.NameIs("data"u8))
            {
                block.Data = cursor.Text();
            }
            else if (cursor.NameIs("is_error"u8))
            {
                block.IsError = cursor.Boolean() ?? false;
            }
            else if (cursor.NameIs("title"u8))
            {
                block.Title = cursor.Text();
            }
            else if (cursor.NameIs("cache_control"u8))
            {
                block.CacheControl = cursor.RawOrAbsent();
            }
        }

        block.Raw = cursor.Through(start);
        return block;
    }

    private static MediaSource? ReadSource(ref JsonCursor cursor, ref List<ContentPart>? content)
    {
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText type = default, mediaType = default, data = default, url = default, file = default;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("media_type"u8) || cursor.NameIs("mime_type"u8))
            {
                mediaType = cursor.Text();
            }
            else if (cursor.NameIs("data"u8) || cursor.NameIs("base64"u8))
            {
                data = cursor.Text();
            }
            else if (cursor.NameIs("url"u8))
            {
                url = cursor.Text();
            }
            else if (cursor.NameIs("file_id"u8))
            {
                file = cursor.Text();
            }
            else if (cursor.NameIs("content"u8))
            {
                ReadParts(ref cursor, content = []);
            }
        }

        var media = mediaType.IsEmpty ? null : mediaType.ToString();
        return type.ValueEquals("text"u8) && data.IsPresent ? new MediaSource(media, default, default, default, data)
            : !data.IsEmpty ? new MediaSource(media, data.Quoted[1..^1], default, default, default)
            : !url.IsEmpty ? MediaSources.FromUrl(url)
            : !file.IsEmpty ? new MediaSource(media, default, default, file, default)
            : null;
    }

    /// <summary>Blocks that stand as items of their own, in the turn where they are legal.</summary>
    private static ConversationItem? ItemOf(in Block block, Role role)
    {
        if (role == Role.Assistant)
        {
            if (block.Type.ValueEquals("tool_use"u8))
            {
                return new ToolCallItem(block.Id, block.Name, new ToolInput(block.Input, default)) { CacheControl = block.CacheControl };
            }

            if (block.Type.ValueEquals("thinking"u8))
            {
                return new ReasoningItem(block.Thinking.IsEmpty ? [] : [block.Thinking], block.Signature);
            }

            if (block.Type.ValueEquals("redacted_thinking"u8))
            {
                return new ReasoningItem([], default) { Redacted = block.Data };
            }
        }
        else if (role == Role.User && block.Type.ValueEquals("tool_result"u8))
        {
            return new ToolResultItem(block.Id, block.Content ?? (IReadOnlyList<ContentPart>)[])
            {
                IsError = block.IsError,
                IsPlainText = block.IsPlainContent,
                CacheControl = block.CacheControl,
            };
        }

        return null;
    }

    /// <summary>Calls and reasoning in a user's turn, results in an assistant's: ignored, nobody may put words in another's mouth (spec/protocols.md E81).</summary>
    private static bool IsForeignToRole(in Block block, Role role) => role == Role.Assistant
        ? block.Type.ValueEquals("tool_result"u8)
        : block.Type.ValueEquals("tool_use"u8) || block.Type.ValueEquals("thinking"u8) || block.Type.ValueEquals("redacted_thinking"u8)
            || (role == Role.System && block.Type.ValueEquals("tool_result"u8));

    private static IReadOnlyList<ContentPart> PartsOf(in Block block)
    {
        if (block.Text.IsPresent && (!block.Type.IsPresent || block.Type.ValueEquals("text"u8)))
        {
            return [new TextPart(block.Text) { CacheControl = block.CacheControl }];
        }

        if (block.Source is { } source && block.Type.ValueEquals("image"u8))
        {
            return [new ImagePart(source) { CacheControl = block.CacheControl }];
        }

        if (block.Type.ValueEquals("document"u8))
        {
            return block.Source is { } document ? [new FilePart(document) { Name = block.Title, CacheControl = block.CacheControl }]
                : block.Content ?? (IReadOnlyList<ContentPart>)[];
        }

        // a search result is text with an address; the address has no place elsewhere
        if (block.Type.ValueEquals("search_result"u8) && block.Content is { Count: > 0 } found)
        {
            return found;
        }

        return block.Raw.IsPresent && !block.Type.ValueEquals("text"u8) ? [new ForeignPart(block.Type, block.Raw)] : [];
    }

    private struct Block
    {
        public JsonText Type;
        public JsonText Text;
        public JsonText Id;
        public JsonText Name;
        public JsonText Thinking;
        public JsonText Signature;
        public JsonText Data;
        public JsonText Title;
        public JsonRaw Input;
        public JsonRaw CacheControl;
        public JsonRaw Raw;
        public MediaSource? Source;
        public List<ContentPart>? Content;
        public bool IsPlainContent;
        public bool IsError;
    }
}
