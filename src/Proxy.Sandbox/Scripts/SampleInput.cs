using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Scripts;

/// <summary>Arguments that fit a schema: its required members with plain values.</summary>
internal static class SampleInput
{
    public static string For(JsonElement? schema)
    {
        if (schema is not { } root || root.Member("properties") is not { ValueKind: JsonValueKind.Object } properties)
        {
            return "{}";
        }

        var members = new List<string>();
        foreach (var (_, required) in root.Member("required").Items())
        {
            if (required.ValueKind == JsonValueKind.String && properties.Member(required.GetString()!) is { } member)
            {
                members.Add($"{JsonString.Quote(required.GetString()!)}:{Value(member)}");
            }
        }

        return $"{{{string.Join(',', members)}}}";
    }

    private static string Value(JsonElement schema)
    {
        foreach (var (_, value) in schema.Member("enum").Items())
        {
            return value.GetRawText();
        }

        return schema.Text("type") switch
        {
            "integer" or "number" => "1",
            "boolean" => "true",
            "array" => "[]",
            "object" => For(schema),
            _ => "\"sandbox\"",
        };
    }
}
