using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Payloads;

/// <summary>
/// Finds, sets and removes by path, on raw JSON: what is not meant keeps its bytes, and values come in as they are written.
/// Pure. Of members with one name the last counts, as it does for every reader.
/// </summary>
internal static class PayloadPlaces
{
    private static readonly byte[] NullLiteral = "null"u8.ToArray();

    /// <summary>The value at a path; null when there is none.</summary>
    public static ReadOnlyMemory<byte>? Find(ReadOnlyMemory<byte> value, ReadOnlySpan<PathStep> path)
    {
        foreach (var step in path)
        {
            if (Members(value) is { } members)
            {
                if (members.FindLastIndex(m => m.Name == step.Name) is not (>= 0 and var at))
                {
                    return null;
                }

                value = members[at].Value.In(value);
            }
            else if (Elements(value) is { } elements && IndexOf(step, elements.Count) is { } index)
            {
                value = elements[index].In(value);
            }
            else
            {
                return null;
            }
        }

        return value;
    }

    /// <summary>The value with <paramref name="raw"/> at a path; containers that are missing are made. The same memory when nothing changes.</summary>
    /// <param name="value">The value; null when there is none.</param>
    /// <param name="path">Where in it.</param>
    /// <param name="raw">What to put there.</param>
    /// <param name="onlyIfAbsent">Nothing that is there, be it of another type, gives way.</param>
    public static ReadOnlyMemory<byte>? With(ReadOnlyMemory<byte>? value, ReadOnlySpan<PathStep> path, ReadOnlyMemory<byte> raw, bool onlyIfAbsent)
    {
        if (path.IsEmpty)
        {
            return value is null || !onlyIfAbsent ? raw : value;
        }

        if (value is not { } there || there.Span.SequenceEqual("null"u8))
        {
            return Made(path, raw);
        }

        var step = path[0];
        if (Members(there) is { } members)
        {
            var at = members.FindLastIndex(m => m.Name == step.Name);
            ReadOnlyMemory<byte>? before = at < 0 ? (ReadOnlyMemory<byte>?)null : members[at].Value.In(there);
            var after = With(before, path[1..], raw, onlyIfAbsent)!.Value;
            return before is null ? Appended(there, members.ConvertAll(m => m.Whole), (byte[])[.. JsonText.FromString(step.Name).Quoted.Span, (byte)':', .. after.Span])
                : after.Equals(before.Value) ? value
                : Replaced(there, members[at].Value, after);
        }

        if (Elements(there) is not { } elements)
        {
            return onlyIfAbsent ? value : Made(path, raw);
        }

        if (step.IsLast)
        {
            return Appended(there, elements, Made(path[1..], raw));
        }

        if (step.Index is not { } index)
        {
            // a name means nothing in an array
            return value;
        }

        if (index < elements.Count)
        {
            var before = elements[index].In(there);
            var after = With(before, path[1..], raw, onlyIfAbsent)!.Value;
            return after.Equals(before) ? value : Replaced(there, elements[index], after);
        }

        var filled = new ArrayBufferWriter<byte>();
        for (var i = elements.Count; i < index; i++)
        {
            filled.Write("null,"u8);
        }

        filled.Write(Made(path[1..], raw).Span);
        return Appended(there, elements, filled.WrittenMemory);
    }

    /// <summary>The value without what is at a path; null when nothing is left. The same memory when nothing changes.</summary>
    public static ReadOnlyMemory<byte>? Without(ReadOnlyMemory<byte>? value, ReadOnlySpan<PathStep> path)
    {
        if (path.IsEmpty || value is not { } there)
        {
            return null;
        }

        var step = path[0];
        var rest = path[1..];
        if (Members(there) is { } members)
        {
            var whole = members.ConvertAll(m => m.Whole);
            if (rest.IsEmpty)
            {
                return members.Exists(m => m.Name == step.Name) ? Removed(there, whole, i => members[i].Name == step.Name) : value;
            }

            var at = members.FindLastIndex(m => m.Name == step.Name);
            return at < 0 ? value : Shrunk(there, members[at].Value, rest);
        }

        if (Elements(there) is not { } elements)
        {
            return value;
        }

        if (!step.IsEach)
        {
            return IndexOf(step, elements.Count) is not { } index ? value
                : rest.IsEmpty ? Removed(there, elements, i => i == index)
                : Shrunk(there, elements[index], rest);
        }

        if (rest.IsEmpty)
        {
            return elements.Count == 0 ? value : Removed(there, elements, static _ => true);
        }

        var edits = new JsonEdits();
        foreach (var element in elements)
        {
            var before = element.In(there);
            var after = Without(before, rest)!.Value;
            if (!after.Equals(before))
            {
                edits.Replace(element, after);
            }
        }

        return edits.Count == 0 ? value : Applied(there, edits);
    }

    /// <summary>True when two values mean the same: strings whatever their escapes, numbers whatever their form.</summary>
    public static bool AreEqual(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right)
    {
        if (left.Span.SequenceEqual(right.Span))
        {
            return true;
        }

        if (left.Span[0] != right.Span[0] && !(IsNumber(left.Span) && IsNumber(right.Span)))
        {
            return false;
        }

        if (left.Span[0] is not ((byte)'{' or (byte)'['))
        {
            return left.Span[0] == (byte)'"' ? new JsonText(left).ToString() == new JsonText(right).ToString()
                : IsNumber(left.Span) && Number(left.Span) == Number(right.Span);
        }

        using var one = JsonDocument.Parse(left, JsonWalk.Document);
        using var other = JsonDocument.Parse(right, JsonWalk.Document);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }

    /// <summary>Offset of the first byte that is no blank.</summary>
    public static int Start(ReadOnlySpan<byte> json) => json.IndexOfAnyExcept(" \t\r\n"u8);

    /// <summary>The members of an object; null when the value is none.</summary>
    public static List<JsonMember>? Members(ReadOnlyMemory<byte> json)
    {
        if (Start(json.Span) is not (>= 0 and var start) || json.Span[start] != (byte)'{')
        {
            return null;
        }

        var members = new List<JsonMember>();
        var reader = new Utf8JsonReader(json.Span, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out var at))
        {
            members.Add(new JsonMember(name, at, JsonWalk.Skip(ref reader)));
        }

        return members;
    }

    private static List<JsonSpan>? Elements(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty || json.Span[0] != (byte)'[')
        {
            return null;
        }

        var elements = new List<JsonSpan>();
        var reader = new Utf8JsonReader(json.Span, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextElement(ref reader))
        {
            elements.Add(JsonWalk.Skip(ref reader));
        }

        return elements;
    }

    private static int? IndexOf(PathStep step, int count) =>
        step.IsLast ? count > 0 ? count - 1 : null
        : step.Index < count ? step.Index
        : null;

    /// <summary>What has to be made where there is nothing yet: a number makes an array, a name an object.</summary>
    private static ReadOnlyMemory<byte> Made(ReadOnlySpan<PathStep> path, ReadOnlyMemory<byte> raw)
    {
        var made = new ArrayBufferWriter<byte>();
        foreach (var step in path)
        {
            if (step.Index is null && !step.IsLast)
            {
                made.Write("{"u8);
                made.Write(JsonText.FromString(step.Name).Quoted.Span);
                made.Write(":"u8);
                continue;
            }

            made.Write("["u8);
            for (var i = 0; i < step.Index; i++)
            {
                made.Write(NullLiteral);
                made.Write(","u8);
            }
        }

        made.Write(raw.Span);
        for (var i = path.Length - 1; i >= 0; i--)
        {
            made.Write(path[i].Index is null && !path[i].IsLast ? "}"u8 : "]"u8);
        }

        return made.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Appended(ReadOnlyMemory<byte> container, IReadOnlyList<JsonSpan> siblings, ReadOnlyMemory<byte> added)
    {
        var edits = new JsonEdits();
        JsonRemoval.Apply(edits, siblings, 0, static _ => false, added);
        return Applied(container, edits);
    }

    private static ReadOnlyMemory<byte> Removed(ReadOnlyMemory<byte> container, IReadOnlyList<JsonSpan> siblings, Func<int, bool> isRemoved)
    {
        var edits = new JsonEdits();
        JsonRemoval.Apply(edits, siblings, 0, isRemoved);
        return Applied(container, edits);
    }

    private static ReadOnlyMemory<byte> Replaced(ReadOnlyMemory<byte> container, JsonSpan span, ReadOnlyMemory<byte> replacement)
    {
        var edits = new JsonEdits();
        edits.Replace(span, replacement);
        return Applied(container, edits);
    }

    private static ReadOnlyMemory<byte> Shrunk(ReadOnlyMemory<byte> container, JsonSpan inner, ReadOnlySpan<PathStep> rest)
    {
        var before = inner.In(container);
        var after = Without(before, rest)!.Value;
        return after.Equals(before) ? container : Replaced(container, inner, after);
    }

    private static ReadOnlyMemory<byte> Applied(ReadOnlyMemory<byte> container, JsonEdits edits)
    {
        var output = new ArrayBufferWriter<byte>(container.Length + 64);
        edits.Apply(container.Span, output);
        return output.WrittenMemory;
    }

    private static bool IsNumber(ReadOnlySpan<byte> value) => value[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9');

    private static double Number(ReadOnlySpan<byte> value) => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);
}
