using System.Text.Json;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>
/// Compares JSON with what a vector expects. Everything counts (members, order of items, a number's digits) except where
/// the expectation says so: <c>"&lt;any&gt;"</c> is any value, <c>"&lt;absent&gt;"</c> no such member, <c>"&lt;has&gt; words"</c> a
/// string that holds the words, a member <c>"..."</c> allows more members, an item <c>"..."</c> any further items.
/// </summary>
internal static class Pattern
{
    private const string More = "...";
    private const string Has = "<has> ";

    /// <summary>What differs, each with its JSON pointer; empty when all is as expected.</summary>
    public static List<string> Differences(JsonElement expected, JsonElement actual)
    {
        var differences = new List<string>();
        Compare(expected, actual, string.Empty, differences);
        return differences;
    }

    private static void Compare(JsonElement expected, JsonElement actual, string path, List<string> differences)
    {
        if (expected.ValueKind == JsonValueKind.String && IsWildcard(expected.GetString()!, actual))
        {
            return;
        }

        if (expected.ValueKind != actual.ValueKind)
        {
            differences.Add($"{At(path)}: expected {Short(expected)}, found {Short(actual)}");
        }
        else if (expected.ValueKind == JsonValueKind.Object)
        {
            CompareMembers(expected, actual, path, differences);
        }
        else if (expected.ValueKind == JsonValueKind.Array)
        {
            CompareItems(expected, actual, path, differences);
        }
        else if (expected.ValueKind == JsonValueKind.String ? expected.GetString() != actual.GetString() : expected.GetRawText() != actual.GetRawText())
        {
            differences.Add($"{At(path)}: expected {Short(expected)}, found {Short(actual)}");
        }
    }

    private static void CompareMembers(JsonElement expected, JsonElement actual, string path, List<string> differences)
    {
        var isOpen = expected.TryGetProperty(More, out _);
        foreach (var member in expected.EnumerateObject().Where(m => m.Name != More))
        {
            var isThere = actual.TryGetProperty(member.Name, out var value);
            if (member.Value.ValueKind == JsonValueKind.String && member.Value.ValueEquals("<absent>"))
            {
                if (isThere)
                {
                    differences.Add($"{At(path)}/{member.Name}: expected nothing, found {Short(value)}");
                }
            }
            else if (!isThere)
            {
                differences.Add($"{At(path)}/{member.Name}: expected {Short(member.Value)}, found nothing");
            }
            else
            {
                Compare(member.Value, value, $"{path}/{member.Name}", differences);
            }
        }

        if (!isOpen)
        {
            differences.AddRange(actual.EnumerateObject().Where(m => !expected.TryGetProperty(m.Name, out _)).Select(m => $"{At(path)}/{m.Name}: expected nothing, found {Short(m.Value)}"));
        }
    }

    private static void CompareItems(JsonElement expected, JsonElement actual, string path, List<string> differences)
    {
        var items = expected.EnumerateArray().ToList();
        var isOpen = items.Count > 0 && items[^1].ValueKind == JsonValueKind.String && items[^1].ValueEquals(More);
        var count = isOpen ? items.Count - 1 : items.Count;
        var found = actual.GetArrayLength();
        if (isOpen ? found < count : found != count)
        {
            differences.Add($"{At(path)}: expected {count} items{(isOpen ? " or more" : string.Empty)}, found {found}: {Short(actual)}");
        }

        for (var i = 0; i < Math.Min(count, found); i++)
        {
            Compare(items[i], actual[i], $"{path}/{i}", differences);
        }
    }

    private static bool IsWildcard(string expected, JsonElement actual) =>
        expected == "<any>"
        || (expected.StartsWith(Has, StringComparison.Ordinal) && actual.ValueKind == JsonValueKind.String && actual.GetString()!.Contains(expected[Has.Length..], StringComparison.Ordinal));

    private static string At(string path) => path.Length == 0 ? "/" : path;

    private static string Short(JsonElement element) => element.GetRawText() is { Length: > 300 } text ? text[..300] + "…" : element.GetRawText();
}
