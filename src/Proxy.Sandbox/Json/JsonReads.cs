using System.Text.Json;

namespace Proxy.Sandbox.Json;

/// <summary>Short readers over a JSON DOM.</summary>
internal static class JsonReads
{
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    /// <summary>The member, with null counted as absent.</summary>
    public static JsonElement? Given(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: not JsonValueKind.Null } value ? value : null;

    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool Is(this JsonElement? element, JsonValueKind kind) => element is { } value && value.ValueKind == kind;

    public static bool True(this JsonElement element, string name) => element.Member(name) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<(int Index, JsonElement Value)> Items(this JsonElement? array)
    {
        if (array is not { ValueKind: JsonValueKind.Array } list)
        {
            yield break;
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            yield return (index++, item);
        }
    }
}
