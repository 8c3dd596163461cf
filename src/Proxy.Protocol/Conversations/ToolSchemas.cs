using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>Makes tool schemas ones that upstreams take (spec/protocols.md 1.9). A schema that is fine goes out byte for byte.</summary>
internal static class ToolSchemas
{
    /// <summary>Writes <paramref name="schema"/>, mended at its root where it must be.</summary>
    /// <param name="writer">Takes one value.</param>
    /// <param name="schema">The client's schema; may be absent.</param>
    /// <param name="flattenUnions">Claude refuses anyOf, oneOf and allOf at the root: their properties are merged into it.</param>
    public static void Write(Utf8JsonWriter writer, JsonRaw schema, bool flattenUnions)
    {
        var root = Scan(schema);
        if (!schema.IsObject || root.IsEmpty)
        {
            writer.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true);
        }
        else if (flattenUnions && root.HasUnion)
        {
            WriteFlat(writer, schema);
        }
        else if (root.IsFine || (!flattenUnions && root is { HasType: true, IsObjectType: false, HasDialect: false }))
        {
            writer.WriteRawValue(schema.Utf8.Span, skipInputValidation: true);
        }
        else
        {
            WriteMended(writer, schema, root, flattenUnions);
        }
    }

    /// <summary>Writes the schema of a free-form tool where only functions are known: one string, <c>input</c>.</summary>
    public static void WriteCustom(Utf8JsonWriter writer) =>
        writer.WriteRawValue("""{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"""u8, skipInputValidation: true);

    private static Root Scan(JsonRaw schema)
    {
        var root = new Root { IsEmpty = true };
        if (!schema.IsObject)
        {
            return root;
        }

        var cursor = new JsonCursor(schema.Utf8);
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            root.IsEmpty = false;
            if (cursor.NameIs("type"u8))
            {
                root.HasType = !cursor.IsNull;
                root.IsObjectType = cursor.Text().ValueEquals("object"u8);
            }
            else if (cursor.NameIs("properties"u8))
            {
                root.HasProperties = cursor.IsObject;
            }
            else if (cursor.NameIs("$schema"u8))
            {
                root.HasDialect = true;
            }
            else if (IsUnion(ref cursor))
            {
                root.HasUnion = true;
            }
        }

        return root;
    }

    private static bool IsUnion(ref JsonCursor cursor) => cursor.NameIs("anyOf"u8) || cursor.NameIs("oneOf"u8) || cursor.NameIs("allOf"u8);

    private static void WriteMended(Utf8JsonWriter writer, JsonRaw schema, Root root, bool forceObject)
    {
        var isObject = root.IsObjectType || !root.HasType || forceObject;
        writer.WriteStartObject();
        if (!root.HasType)
        {
            writer.WriteString("type"u8, "object"u8);
        }

        var cursor = new JsonCursor(schema.Utf8);
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            if (cursor.NameIs("$schema"u8) || (cursor.NameIs("type"u8) && !root.HasType) || (cursor.NameIs("properties"u8) && !root.HasProperties))
            {
                continue;
            }

            if (cursor.NameIs("type"u8) && forceObject && !root.IsObjectType)
            {
                writer.WriteString("type"u8, "object"u8);
                continue;
            }

            WriteMember(writer, ref cursor);
        }

        if (isObject && !root.HasProperties)
        {
            writer.WriteStartObject("properties"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter writer, ref JsonCursor cursor)
    {
        // a name crosses with its escapes, as it came
        var name = cursor.Name;
        writer.WritePropertyName(name.Escaped.IndexOf((byte)'\\') < 0 ? name.Escaped : System.Text.Encoding.UTF8.GetBytes(name.ToString()));
        writer.WriteRawValue(cursor.Raw().Utf8.Span, skipInputValidation: true);
    }

    private static void WriteFlat(Utf8JsonWriter writer, JsonRaw schema)
    {
        var properties = new List<RawMember>();
        var required = new List<JsonText>();
        Collect(schema, properties, required, takeRequired: true);

        writer.WriteStartObject();
        writer.WriteString("type"u8, "object"u8);
        writer.WriteStartObject("properties"u8);
        foreach (var property in properties)
        {
            writer.WritePropertyName(property.Name.ToString());
            writer.WriteRawValue(property.Value.Utf8.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
        if (required.Count > 0)
        {
            writer.WriteStartArray("required"u8);
            foreach (var name in required)
            {
                writer.WriteText(name);
            }

            writer.WriteEndArray();
        }

        var cursor = new JsonCursor(schema.Utf8);
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            if (!IsUnion(ref cursor) && !cursor.NameIs("type"u8) && !cursor.NameIs("properties"u8) && !cursor.NameIs("required"u8) && !cursor.NameIs("$schema"u8))
            {
                WriteMember(writer, ref cursor);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>The root's own properties first, then those of the variants; the first of a name wins. Only <c>allOf</c> adds to what is required.</summary>
    private static void Collect(JsonRaw schema, List<RawMember> properties, List<JsonText> required, bool takeRequired)
    {
        if (!schema.IsObject)
        {
            return;
        }

        var variants = new List<(JsonRaw Schema, bool IsAll)>();
        var cursor = new JsonCursor(schema.Utf8);
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            if (cursor.NameIs("properties"u8) && cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    var member = cursor.Member();
                    if (!properties.Exists(known => known.Name == member.Name))
                    {
                        properties.Add(member);
                    }
                }
            }
            else if (takeRequired && cursor.NameIs("required"u8) && cursor.EnterArray())
            {
                while (cursor.NextElement())
                {
                    if (cursor.Text() is { IsPresent: true } name && !required.Contains(name))
                    {
                        required.Add(name);
                    }
                }
            }
            else if (IsUnion(ref cursor))
            {
                var isAll = cursor.NameIs("allOf"u8);
                if (cursor.EnterArray())
                {
                    while (cursor.NextElement())
                    {
                        variants.Add((cursor.Raw(), isAll));
                    }
                }
            }
        }

        foreach (var (variant, isAll) in variants)
        {
            Collect(variant, properties, required, takeRequired && isAll);
        }
    }

    private struct Root
    {
        public bool IsEmpty;
        public bool HasType;
        public bool IsObjectType;
        public bool HasProperties;
        public bool HasDialect;
        public bool HasUnion;

        public readonly bool IsFine => HasType && IsObjectType && HasProperties && !HasDialect;
    }
}
