using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>.</summary>
internal static class AnthropicTools
{
    public static void Read(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterArray())
        {
            if (!cursor.IsNull)
            {
                draft.Refuse("tools: Input should be a valid list", "tools");
            }

            return;
        }

        for (var index = 0; cursor.NextElement(); index++)
        {
            if (ReadTool(ref cursor) is { } tool)
            {
                draft.Tools.Add(tool);
            }
            else
            {
                draft.Refuse($"tools.{index}: a tool is an object with a name or a type", "tools");
            }
        }
    }

    public static void ReadChoice(ref JsonCursor cursor, ConversationDraft draft)
    {
        JsonText type = default, name = default;
        if (cursor.IsString)
        {
            type = cursor.Text();
        }
        else if (cursor.EnterObject())
        {
            while (cursor.NextMember())
            {
                if (cursor.NameIs("type"u8))
                {
                    type = cursor.Text();
                }
                else if (cursor.NameIs("name"u8))
                {
                    name = cursor.Text();
                }
                else if (cursor.NameIs("disable_parallel_tool_use"u8))
                {
                    draft.ParallelToolCalls = !cursor.Boolean();
                }
            }
        }
        else
        {
            return;
        }

        draft.ToolChoice =
            type.ValueEquals("any"u8) ? new ToolChoice(ToolChoiceMode.Required)
            : type.ValueEquals("none"u8) ? new ToolChoice(ToolChoiceMode.None)
            : type.ValueEquals("tool"u8) && !name.IsEmpty ? new ToolChoice(ToolChoiceMode.Named, name)
            : new ToolChoice(ToolChoiceMode.Auto);
    }

    private static ToolDeclaration? ReadTool(ref JsonCursor cursor)
    {
        var start = cursor.Position;
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText type = default, name = default, description = default;
        JsonRaw schema = default, cache = default, domains = default, location = default;
        bool? strict = null;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("name"u8))
            {
                name = cursor.Text();
            }
            else if (cursor.NameIs("description"u8))
            {
                description = cursor.Text();
            }
            else if (cursor.NameIs("input_schema"u8))
            {
                schema = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("strict"u8))
            {
                strict = cursor.Boolean();
            }
            else if (cursor.NameIs("cache_control"u8))
            {
                cache = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("allowed_domains"u8))
            {
                domains = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("user_location"u8))
            {
                location = cursor.RawOrAbsent();
            }
        }

        // a type that is not known but has a schema is a function for all that matters here
        var isFunction = type.IsEmpty || type.ValueEquals("custom"u8) || (schema.IsObject && !name.IsEmpty);
        if (isFunction && name.IsEmpty)
        {
            return null;
        }

        return new ToolDeclaration
        {
            Kind = isFunction ? ToolKind.Function
                : type.Escaped.StartsWith("web_search"u8) ? ToolKind.WebSearch
                : ToolKind.Foreign,
            Name = name,
            Description = description,
            Schema = schema,
            Strict = strict,
            AllowedDomains = domains.IsArray && domains.Utf8.Length > 2 ? domains : default,
            UserLocation = location.IsObject ? location : default,
            CacheControl = cache,
            Raw = cursor.Through(start),
        };
    }
}
