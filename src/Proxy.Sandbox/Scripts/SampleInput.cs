using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Scripts;

/// <summary>JSON that fits a schema: its required members with plain values. For the arguments of calls and for answers that must be JSON.</summary>
internal static class SampleInput
{
    /// <param name="schema">Of an object.</param>
    /// <param name="word">What strings hold.</param>
    public static string For(JsonElement? schema, string word = "sandbox")
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
                members.Add($"{JsonString.Quote(required.GetString()!)}:{Value(member, word)}");
            }
        }

        return $"{{{string.Join(',', members)}}}";
    }

    private static string Value(JsonElement schema, string word)
    {
        foreach (var (_, value) in schema.Member("enum").Items())
        {
            return value.GetRawText();
        }

        return schema.Text("type") switch
        {
            "integer" or "number" => "1",
            "boolean" => "true",
            "array" => schema.Member("items") is { ValueKind: JsonValueKind.Object } item ? $"[{Value(item, word)}]" : "[]",
            "object" => For(schema, word),
            _ => JsonString.Quote(word),
        };
    }
}
