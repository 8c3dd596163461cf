using System.Text.Json;
using System.Text.Json.Nodes;

namespace Proxy.Protocol.Tests.Members;

/// <summary>
/// What one body has that another has not, as paths. An element of a list is named by its <c>type</c> or <c>role</c>
/// (<c>messages[user].content[image]</c>), a plain value stands behind its path (<c>tool_choice = "auto"</c>), a path
/// that went away has a minus in front and is told only where nothing came instead.
/// </summary>
internal static class BodyChanges
{
    private const int LongestValue = 40;

    /// <summary>The paths, in the order of the body, each once.</summary>
    public static List<string> Between(JsonNode? without, JsonNode? with)
    {
        var added = new List<Change>();
        var removed = new List<Change>();
        Compare(without, with, string.Empty, added, removed);
        return [.. (added.Count > 0 ? added : removed).SelectMany(Told).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The same with every value whole.</summary>
    public static List<string> Whole(JsonNode? without, JsonNode? with)
    {
        var added = new List<Change>();
        Compare(without, with, string.Empty, added, []);
        return [.. added.Select(change => $"{change.Path} = {change.Value?.ToJsonString(Plain)}")];
    }

    private sealed record Change(string Path, JsonNode? Value, bool IsElement = false);

    private static void Compare(JsonNode? old, JsonNode? now, string path, List<Change> added, List<Change> removed)
    {
        switch (old, now)
        {
            case var _ when JsonNode.DeepEquals(old, now):
                break;
            case (JsonObject before, JsonObject after):
                foreach (var (name, value) in after)
                {
                    if (before.TryGetPropertyValue(name, out var known))
                    {
                        Compare(known, value, Join(path, name), added, removed);
                    }
                    else
                    {
                        added.Add(new Change(Join(path, name), value));
                    }
                }

                removed.AddRange(before.Where(m => !after.ContainsKey(m.Key)).Select(m => new Change("-" + Join(path, m.Key), null, IsElement: true)));
                break;
            case (JsonArray before, JsonArray after):
                CompareLists([.. before], [.. after], path, added, removed);
                break;
            default:
                added.Add(new Change(path, now));
                break;
        }
    }

    /// <summary>Equal elements at both ends stand for each other; between them each goes with the next one of its name.</summary>
    private static void CompareLists(List<JsonNode?> before, List<JsonNode?> after, string path, List<Change> added, List<Change> removed)
    {
        while (before.Count > 0 && after.Count > 0 && JsonNode.DeepEquals(before[0], after[0]))
        {
            before.RemoveAt(0);
            after.RemoveAt(0);
        }

        while (before.Count > 0 && after.Count > 0 && JsonNode.DeepEquals(before[^1], after[^1]))
        {
            before.RemoveAt(before.Count - 1);
            after.RemoveAt(after.Count - 1);
        }

        foreach (var element in after)
        {
            var at = before.FindIndex(b => NameOf(b) == NameOf(element));
            if (at < 0)
            {
                added.Add(new Change(path + NameOf(element), element, IsElement: true));
                continue;
            }

            Compare(before[at], element, path + NameOf(element), added, removed);
            before.RemoveAt(at);
        }

        removed.AddRange(before.Select(b => new Change("-" + path + NameOf(b), null, IsElement: true)));
    }

    /// <summary>A new value: small objects are told member by member, lists by the names of their elements.</summary>
    private static IEnumerable<string> Told(Change change)
    {
        var (path, value, isElement) = change;
        if (isElement)
        {
            return [path];
        }

        switch (value)
        {
            case JsonArray { Count: > 0 } list when list.All(e => NameOf(e) != "[]"):
                return list.Select(e => path + NameOf(e));
            case JsonObject { Count: > 0 } whole when whole.Count == 1 || whole.All(m => m.Value is JsonValue):
                return whole.SelectMany(m => Told(new Change(Join(path, m.Key), m.Value)));
            case JsonObject or JsonArray:
                return [path];
            default:
                var text = value?.ToJsonString(Plain) ?? "null";
                return [text.Length <= LongestValue ? $"{path} = {text}" : path];
        }
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string NameOf(JsonNode? element) =>
        element is JsonObject whole && (whole["type"] ?? whole["role"]) is JsonValue name && name.TryGetValue<string>(out var text) ? $"[{text}]"
        : element is JsonObject { Count: > 0 } unnamed && unnamed.ContainsKey("name") ? "[tool]"
        : "[]";

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;
}
