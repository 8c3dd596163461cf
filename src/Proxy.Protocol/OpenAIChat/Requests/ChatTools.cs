using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c>, <c>response_format</c> and their deprecated forms. Both the nested and the flat (Responses) shape are understood.</summary>
internal static class ChatTools
{
    public static void Read(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterArray())
        {
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
                draft.Refuse($"Invalid 'tools[{index}]': a tool is an object with a type and, for functions, a name.", "tools");
            }
        }
    }

    public static void ReadFunctions(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterArray())
        {
            return;
        }

        while (cursor.NextElement())
        {
            var fields = default(Fields);
            var start = cursor.Position;
            ReadFields(ref cursor, ref fields);
            if (!fields.Name.IsEmpty)
            {
                draft.Tools.Add(fields.ToTool(ToolKind.Function, cursor.Through(start)));
            }
        }
    }

    /// <summary>Reads <c>web_search_options</c>: Chat asks for the provider's search beside the tools, and nests the place one level deeper.</summary>
    public static ToolDeclaration? ReadSearch(ref JsonCursor cursor)
    {
        if (!cursor.IsObject)
        {
            return null;
        }

        var start = cursor.Position;
        JsonRaw place = default;
        JsonText size = default;
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            if (cursor.NameIs("user_location"u8) && cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    if (cursor.NameIs("approximate"u8))
                    {
                        place = cursor.RawOrAbsent();
                    }
                }
            }
            else if (cursor.NameIs("search_context_size"u8))
            {
                size = cursor.Text();
            }
        }

        return new ToolDeclaration { Kind = ToolKind.WebSearch, UserLocation = Approximate(place), ContextSize = size, Raw = cursor.Through(start) };
    }

    public static ToolChoice? ReadChoice(ref JsonCursor cursor)
    {
        if (cursor.IsString)
        {
            return ToolChoice.FromWord(cursor.Text());
        }

        var start = cursor.Position;
        if (!cursor.IsObject)
        {
            return null;
        }

        var fields = default(Fields);
        ReadFields(ref cursor, ref fields);
        var raw = cursor.Through(start);
        if (fields.Type.ValueEquals("allowed_tools"u8))
        {
            return new ToolChoice(fields.Mode.ValueEquals("required"u8) ? ToolChoiceMode.Required : ToolChoiceMode.Auto, Raw: raw) { Allowed = fields.Allowed ?? [] };
        }

        // {"name": …} alone is the deprecated function_call
        var isCustom = fields.Type.ValueEquals("custom"u8);
        return !fields.Name.IsEmpty && (isCustom || fields.Type.IsEmpty || fields.Type.ValueEquals("function"u8))
            ? new ToolChoice(ToolChoiceMode.Named, fields.Name, isCustom, raw)
            : ToolChoice.FromWord(fields.Type) ?? ToolChoice.OfBuiltIn(fields.Type, raw);
    }

    public static OutputFormat? ReadFormat(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText type = default;
        var fields = default(Fields);
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("json_schema"u8))
            {
                ReadFields(ref cursor, ref fields);
            }
        }

        return OutputFormat.Of(type, fields.Name, fields.Description, fields.Schema, fields.Strict);
    }

    private static ToolDeclaration? ReadTool(ref JsonCursor cursor)
    {
        var start = cursor.Position;
        if (!cursor.IsObject)
        {
            return null;
        }

        var fields = default(Fields);
        ReadFields(ref cursor, ref fields);
        var raw = cursor.Through(start);
        if (fields.Type.IsEmpty || fields.Type.ValueEquals("function"u8))
        {
            return fields.Name.IsEmpty ? null : fields.ToTool(ToolKind.Function, raw);
        }

        if (fields.Type.ValueEquals("custom"u8))
        {
            return fields.Name.IsEmpty ? null : fields.ToTool(ToolKind.Custom, raw);
        }

        return fields.ToTool(fields.Type.Escaped.StartsWith("web_search"u8) ? ToolKind.WebSearch : ToolKind.Foreign, raw);
    }

    private static void ReadFields(ref JsonCursor cursor, ref Fields fields)
    {
        if (!cursor.EnterObject())
        {
            return;
        }

        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                // the inner object of a declaration has no type of its own
                fields.Type = fields.Type.IsPresent ? fields.Type : cursor.Text();
            }
            else if (cursor.NameIs("function"u8) || cursor.NameIs("custom"u8) || cursor.NameIs("allowed_tools"u8))
            {
                ReadFields(ref cursor, ref fields);
            }
            else if (cursor.NameIs("name"u8))
            {
                fields.Name = cursor.Text();
            }
            else if (cursor.NameIs("description"u8))
            {
                fields.Description = cursor.Text();
            }
            else if (cursor.NameIs("parameters"u8) || cursor.NameIs("parametersJsonSchema"u8) || cursor.NameIs("schema"u8) || cursor.NameIs("input_schema"u8))
            {
                fields.Schema = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("strict"u8))
            {
                fields.Strict = cursor.Boolean();
            }
            else if (cursor.NameIs("format"u8))
            {
                fields.Format = ReadCustomFormat(ref cursor);
            }
            else if (cursor.NameIs("cache_control"u8))
            {
                fields.Cache = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("filters"u8))
            {
                ReadFields(ref cursor, ref fields);
            }
            else if (cursor.NameIs("allowed_domains"u8))
            {
                fields.Domains = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("user_location"u8))
            {
                fields.Location = cursor.RawOrAbsent();
            }
            else if (cursor.NameIs("search_context_size"u8))
            {
                fields.ContextSize = cursor.Text();
            }
            else if (cursor.NameIs("mode"u8))
            {
                fields.Mode = cursor.Text();
            }
            else if (cursor.NameIs("tools"u8))
            {
                fields.Allowed = ReadAllowed(ref cursor);
            }
        }
    }

    private static List<ToolChoice>? ReadAllowed(ref JsonCursor cursor)
    {
        if (!cursor.EnterArray())
        {
            return null;
        }

        var allowed = new List<ToolChoice>();
        while (cursor.NextElement())
        {
            if (ReadChoice(ref cursor) is { } choice)
            {
                allowed.Add(choice);
            }
        }

        return allowed;
    }

    /// <summary>The place as the other dialects write it: with its kind among its members.</summary>
    private static JsonRaw Approximate(JsonRaw place)
    {
        if (!place.IsObject)
        {
            return default;
        }

        var members = place.Utf8.Span[1..];
        return members.TrimStart(" \t\r\n"u8).StartsWith("}"u8)
            ? default
            : new JsonRaw((byte[])[.. "{\"type\":\"approximate\","u8, .. members]);
    }

    /// <summary>Chat nests a grammar one level deeper than Responses does; kept in the form of Responses.</summary>
    private static JsonRaw ReadCustomFormat(ref JsonCursor cursor)
    {
        var raw = cursor.Raw();
        if (!raw.IsObject)
        {
            return default;
        }

        var again = new JsonCursor(raw.Utf8);
        JsonText syntax = default, definition = default;
        again.EnterObject();
        while (again.NextMember())
        {
            if (again.NameIs("grammar"u8) && again.EnterObject())
            {
                while (again.NextMember())
                {
                    if (again.NameIs("syntax"u8))
                    {
                        syntax = again.Text();
                    }
                    else if (again.NameIs("definition"u8))
                    {
                        definition = again.Text();
                    }
                }
            }
        }

        if (!definition.IsPresent)
        {
            return raw;
        }

        var flat = new List<byte>();
        flat.AddRange("{\"type\":\"grammar\",\"syntax\":"u8);
        flat.AddRange(syntax.IsPresent ? syntax.Quoted.Span : "\"lark\""u8);
        flat.AddRange(",\"definition\":"u8);
        flat.AddRange(definition.Quoted.Span);
        flat.AddRange("}"u8);
        return new JsonRaw(flat.ToArray());
    }

    private struct Fields
    {
        public JsonText Type;
        public JsonText Name;
        public JsonText Description;
        public JsonText Mode;
        public JsonRaw Schema;
        public JsonRaw Format;
        public JsonRaw Cache;
        public JsonRaw Domains;
        public JsonRaw Location;
        public JsonText ContextSize;
        public bool? Strict;
        public List<ToolChoice>? Allowed;

        public readonly ToolDeclaration ToTool(ToolKind kind, JsonRaw raw) => new()
        {
            Kind = kind,
            Name = Name,
            Description = Description,
            Schema = Schema,
            Strict = Strict,
            Format = Format,
            AllowedDomains = Domains.IsArray && Domains.Utf8.Length > 2 ? Domains : default,
            UserLocation = Location.IsObject ? Location : default,
            ContextSize = ContextSize,
            CacheControl = Cache,
            Raw = raw,
        };
    }
}
