using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// A tool as OpenAI's models read it: not as JSON schema but as the signature of a function, descriptions as comments
/// (the published form, openai/harmony "Function calling"). Only for counting: nothing of this is sent.
/// </summary>
internal static class ToolSignatures
{
    /// <summary>Appends one tool. A tool without name or schema, which only its provider knows, is written as it stands.</summary>
    public static void Write(ToolDeclaration tool, IBufferWriter<byte> output)
    {
        if (!tool.Name.IsPresent)
        {
            output.Write(tool.Raw.Utf8.Span);
            return;
        }

        var text = new StringBuilder();
        Comment(text, tool.Description.ToString());
        text.Append("type ").Append(tool.Name.ToString()).Append(" = (");
        var length = text.Length;
        try
        {
            Parameters(text, tool);
        }
        catch (InvalidOperationException)
        {
            // half of a surrogate pair, or bytes that are no UTF-8, in a name or a description: the schema as it stands has to do
            text.Length = length;
            text.Append(Encoding.UTF8.GetString(tool.Schema.Utf8.Span));
        }

        text.Append(") => any;\n\n");
        output.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Parameters(StringBuilder text, ToolDeclaration tool)
    {
        if (!tool.Schema.IsObject)
        {
            return;
        }

        using var schema = JsonDocument.Parse(tool.Schema.Utf8, JsonWalk.Document);
        if (HasProperties(schema.RootElement, out _))
        {
            text.Append("_: ");
            Type(text, schema.RootElement);
        }
    }

    private static void Type(StringBuilder text, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            text.Append("any");
        }
        else if (Union(schema) is { } union)
        {
            Join(text, union, Type);
        }
        else if (schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array)
        {
            Join(text, values, static (to, value) => to.Append(value.GetRawText()));
        }
        else if (HasProperties(schema, out var properties))
        {
            Object(text, schema, properties);
        }
        else if (schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Array)
        {
            Join(text, type, static (to, name) => to.Append(NameOf(name)));
        }
        else if (type.ValueKind == JsonValueKind.String && type.ValueEquals("array"u8))
        {
            Type(text, schema.TryGetProperty("items", out var items) ? items : default);
            text.Append("[]");
        }
        else
        {
            text.Append(NameOf(type));
        }
    }

    private static void Object(StringBuilder text, JsonElement schema, JsonElement properties)
    {
        text.Append("{\n");
        foreach (var property in properties.EnumerateObject())
        {
            var details = property.Value.ValueKind == JsonValueKind.Object ? property.Value : default;
            Comment(text, Member(details, "description") is { ValueKind: JsonValueKind.String } description ? description.GetString()! : string.Empty);
            text.Append(property.Name).Append(IsRequired(schema, property) ? ": " : "?: ");
            Type(text, property.Value);
            text.Append(',');
            if (Member(details, "default") is { ValueKind: not JsonValueKind.Undefined } value)
            {
                text.Append(" // default: ").Append(value.GetRawText());
            }

            text.Append('\n');
        }

        text.Append('}');
    }

    private static void Comment(StringBuilder text, string words)
    {
        if (words.Length > 0)
        {
            text.Append("// ").Append(words.ReplaceLineEndings("\n// ")).Append('\n');
        }
    }

    private static void Join(StringBuilder text, JsonElement list, Action<StringBuilder, JsonElement> write)
    {
        var isFirst = true;
        foreach (var element in list.EnumerateArray())
        {
            text.Append(isFirst ? string.Empty : " | ");
            write(text, element);
            isFirst = false;
        }
    }

    private static JsonElement? Union(JsonElement schema) =>
        schema.TryGetProperty("anyOf", out var union) || schema.TryGetProperty("oneOf", out union)
            ? union.ValueKind == JsonValueKind.Array ? union : null
            : null;

    private static string NameOf(JsonElement type) => type.ValueKind != JsonValueKind.String ? "any" : type.GetString() switch
    {
        "integer" => "number",
        "array" => "any[]",
        { } name => name,
        null => "any",
    };

    private static bool HasProperties(JsonElement schema, out JsonElement properties) =>
        schema.TryGetProperty("properties", out properties) && properties.ValueKind == JsonValueKind.Object && properties.EnumerateObject().Any();

    private static bool IsRequired(JsonElement schema, JsonProperty property) =>
        Member(schema, "required") is { ValueKind: JsonValueKind.Array } names
        && names.EnumerateArray().Any(n => n.ValueKind == JsonValueKind.String && property.NameEquals(n.GetString()!));

    private static JsonElement Member(JsonElement schema, string name) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var member) ? member : default;
}
