using System.Text.Json.Nodes;
using Proxy.Protocol.Payloads;

namespace Proxy.Protocol.Tests.Payloads;

/// <summary>What payload rules mean, on a JSON DOM and without a thought about speed: the judge of the real ones.</summary>
internal static class NaivePayload
{
    public static void Apply(JsonObject body, PayloadAction action, string path, JsonNode? value)
    {
        var steps = path.Split('.');
        if (action == PayloadAction.Filter)
        {
            Remove(body, steps);
        }
        else if (action == PayloadAction.Override || MaySet(body, steps))
        {
            Set(body, steps, value);
        }
    }

    /// <summary>A default is put where nothing is: neither at the place itself nor, of another type, on the way to it.</summary>
    private static bool MaySet(JsonNode? node, ReadOnlySpan<string> steps)
    {
        if (steps.IsEmpty)
        {
            return false;
        }

        return node switch
        {
            null => true,
            JsonObject o => !o.TryGetPropertyValue(steps[0], out var inner) || (inner is null ? steps.Length > 1 : MaySet(inner, steps[1..])),
            JsonArray when steps[0] == "-1" => true,
            JsonArray a => int.TryParse(steps[0], out var i) && (i >= a.Count || (a[i] is null ? steps.Length > 1 : MaySet(a[i], steps[1..]))),
            _ => false,
        };
    }

    private static JsonNode? Set(JsonNode? node, ReadOnlySpan<string> steps, JsonNode? value)
    {
        if (steps.IsEmpty)
        {
            return value?.DeepClone();
        }

        var isIndex = int.TryParse(steps[0], out var index) && index >= 0;
        if (node is JsonArray old && !isIndex && steps[0] != "-1")
        {
            return node;
        }

        JsonNode made = isIndex || steps[0] == "-1" ? new JsonArray() : new JsonObject();
        var container = node is JsonObject or JsonArray ? node : made;
        if (container is JsonObject o)
        {
            o.TryGetPropertyValue(steps[0], out var inner);
            var next = Set(inner, steps[1..], value);
            if (!ReferenceEquals(next, inner) || next is null)
            {
                o[steps[0]] = next;
            }

            return container;
        }

        var a = (JsonArray)container;
        if (steps[0] == "-1")
        {
            a.Add(Set(null, steps[1..], value));
            return a;
        }

        while (a.Count <= index)
        {
            a.Add(null);
        }

        var element = a[index];
        var replaced = Set(element, steps[1..], value);
        if (!ReferenceEquals(replaced, element))
        {
            a[index] = replaced;
        }

        return a;
    }

    private static void Remove(JsonNode? node, ReadOnlySpan<string> steps)
    {
        switch (node)
        {
            case JsonObject o when steps.Length == 1:
                o.Remove(steps[0]);
                break;
            case JsonObject o:
                o.TryGetPropertyValue(steps[0], out var inner);
                Remove(inner, steps[1..]);
                break;
            case JsonArray a when steps[0] == "#":
                for (var i = a.Count - 1; i >= 0; i--)
                {
                    RemoveAt(a, i, steps);
                }

                break;
            case JsonArray a when steps[0] == "-1" ? a.Count > 0 : int.TryParse(steps[0], out var at) && at < a.Count:
                RemoveAt(a, steps[0] == "-1" ? a.Count - 1 : int.Parse(steps[0], System.Globalization.CultureInfo.InvariantCulture), steps);
                break;
            default:
                break;
        }
    }

    private static void RemoveAt(JsonArray array, int index, ReadOnlySpan<string> steps)
    {
        if (steps.Length == 1)
        {
            array.RemoveAt(index);
        }
        else
        {
            Remove(array[index], steps[1..]);
        }
    }
}
