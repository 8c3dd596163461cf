using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Requests;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>text</c>.</summary>
internal static class ResponsesTools
{
    /// <summary>Reads a list of tools into <paramref name="target"/>; the children of namespaces stand in it like any other.</summary>
    public static void Read(ref JsonCursor cursor, ConversationDraft draft, List<ToolDeclaration> target) => Read(ref cursor, draft, target, default);

    public static ToolChoice? ReadChoice(ref JsonCursor cursor)
    {
        if (cursor.IsString)
        {
            return ToolChoice.FromWord(cursor.Text());
        }

        var start = cursor.Position;
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText type = default, name = default, ns = default, mode = default;
        List<ToolChoice>? allowed = null;
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
            else if (cursor.NameIs("namespace"u8))
            {
                ns = cursor.Text();
            }
            else if (cursor.NameIs("mode"u8))
            {
                mode = cursor.Text();
            }
            else if (cursor.NameIs("tools"u8) && cursor.EnterArray())
            {
                allowed = [];
                while (cursor.NextElement())
                {
                    if (ReadChoice(ref cursor) is { } choice)
                    {
                        allowed.Add(choice);
                    }
                }
            }
        }

        var raw = cursor.Through(start);
        if (type.ValueEquals("allowed_tools"u8))
        {
            return new ToolChoice(mode.ValueEquals("required"u8) ? ToolChoiceMode.Required : ToolChoiceMode.Auto, Raw: raw) { Allowed = allowed ?? [] };
        }

        var isCustom = type.ValueEquals("custom"u8);
        return !name.IsEmpty && (isCustom || type.ValueEquals("function"u8))
            ? new ToolChoice(ToolChoiceMode.Named, name, isCustom, raw) { Namespace = ns }
            : ToolChoice.FromWord(type) ?? ToolChoice.OfBuiltIn(type, raw);
    }

    /// <summary>Reads <c>text</c>: the form of the output and its verbosity.</summary>
    public static void ReadText(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterObject())
        {
            return;
        }

        while (cursor.NextMember())
        {
            if (cursor.NameIs("verbosity"u8))
            {
                draft.Verbosity = cursor.Text();
            }
            else if (cursor.NameIs("format"u8))
            {
                draft.OutputFormat = ReadFormat(ref cursor);
            }
        }
    }

    private static OutputFormat? ReadFormat(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText type = default, name = default, description = default;
        JsonRaw schema = default;
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
            else if (cursor.NameIs("schema"u8))
            {
                schema = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("strict"u8))
            {
                strict = cursor.Boolean();
            }
        }

        return OutputFormat.Of(type, name, description, schema, strict);
    }

    private static void Read(ref JsonCursor cursor, ConversationDraft draft, List<ToolDeclaration> target, JsonText ns)
    {
        if (!cursor.EnterArray())
        {
            return;
        }

        for (var index = 0; cursor.NextElement(); index++)
        {
            if (!ReadTool(ref cursor, draft, target, ns))
            {
                draft.Refuse($"Invalid 'tools[{index}]': a tool is an object with a type and, for functions, a name.", "tools");
            }
        }
    }

    private static bool ReadTool(ref JsonCursor cursor, ConversationDraft draft, List<ToolDeclaration> target, JsonText ns)
    {
        var start = cursor.Position;
        if (!cursor.EnterObject())
        {
            return false;
        }

        JsonText type = default, name = default, description = default;
        JsonRaw schema = default, format = default, cache = default, domains = default, location = default, children = default;
        JsonText size = default;
        bool? strict = null;
        var isOffline = false;
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
            else if (cursor.NameIs("parameters"u8))
            {
                schema = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("strict"u8))
            {
                strict = cursor.Boolean();
            }
            else if (cursor.NameIs("format"u8))
            {
                format = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("tools"u8))
            {
                children = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("user_location"u8))
            {
                location = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("search_context_size"u8))
            {
                size = cursor.Text();
            }
            else if (cursor.NameIs("external_web_access"u8))
            {
                isOffline = cursor.Boolean() == false;
            }
            else if (cursor.NameIs("cache_control"u8))
            {
                cache = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("filters"u8) && cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    if (cursor.NameIs("allowed_domains"u8))
                    {
                        domains = cursor.RawOrAbsent();
                    }
                }
            }
        }

        var raw = cursor.Through(start);
        if (type.ValueEquals("namespace"u8))
        {
            // one level only, as the protocol has it
            if (children.IsArray && !name.IsEmpty && !ns.IsPresent)
            {
                var inner = new JsonCursor(children.Utf8);
                Read(ref inner, draft, target, name);
            }

            return !name.IsEmpty;
        }

        var kind = type.IsEmpty || type.ValueEquals("function"u8) ? ToolKind.Function
            : type.ValueEquals("custom"u8) ? ToolKind.Custom
            : type.Escaped.StartsWith("web_search"u8) && !isOffline ? ToolKind.WebSearch
            : ToolKind.Foreign;
        if (name.IsEmpty && (kind is ToolKind.Function or ToolKind.Custom))
        {
            return false;
        }

        target.Add(new ToolDeclaration
        {
            Kind = kind,
            Name = name,
            Description = description,
            Schema = schema,
            Strict = strict,
            Format = format,
            Namespace = ns,
            AllowedDomains = domains.IsArray && domains.Utf8.Length > 2 ? domains : default,
            UserLocation = location.IsObject ? location : default,
            ContextSize = size,
            CacheControl = cache,
            Raw = raw,
        });
        return true;
    }
}
