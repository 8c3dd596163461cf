using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>How much of its dialect's grammar a stream may use.</summary>
[Flags]
internal enum Liberty
{
    /// <summary>What our writers promise: the narrowest form.</summary>
    None = 0,

    /// <summary>What the wire spec allows a provider: pings, unknown events, several members in one delta, usage in every chunk.</summary>
    Provider = 1,

    /// <summary>The upstream was broken: it may have told one id twice, and a call's input need not be JSON.</summary>
    Broken = 2,
}

/// <summary>A stream or an answer breaks the grammar of its dialect.</summary>
internal sealed class GrammarException(string message) : Exception(message);

/// <summary>What the validators of all dialects ask of JSON. Plain conditions: a fuzz run asks millions of them.</summary>
internal static class Grammar
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2048 };

    public static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new GrammarException(otherwise);
        }
    }

    /// <summary>Reads one JSON object; nothing may follow it.</summary>
    public static JsonElement Object(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Deep);
            Demand(document.RootElement.ValueKind == JsonValueKind.Object, "not an object: " + text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new GrammarException("not JSON: " + text);
        }
    }

    /// <summary>The member's value, where any other's name may be half a surrogate pair.</summary>
    public static bool Find(this JsonElement of, string name, out JsonElement value)
    {
        try
        {
            return of.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException) when (of.ValueKind == JsonValueKind.Object)
        {
            value = of.EnumerateObject().LastOrDefault(member => IsNamed(member, name)).Value;
            return value.ValueKind != JsonValueKind.Undefined;
        }
    }

    private static bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public static JsonElement Member(this JsonElement of, string name)
    {
        JsonElement value = default;
        Demand(of.ValueKind == JsonValueKind.Object && of.Find(name, out value), $"{name} is missing in {of.GetRawText()}");
        return value;
    }

    public static JsonElement ObjectOf(this JsonElement of, string name) => Typed(of, name, JsonValueKind.Object);

    public static JsonElement ArrayOf(this JsonElement of, string name) => Typed(of, name, JsonValueKind.Array);

    /// <summary>The member's text; half a surrogate pair is half a character of a later delta's other half.</summary>
    public static string TextOf(this JsonElement of, string name) => Text(Typed(of, name, JsonValueKind.String));

    public static string SomeTextOf(this JsonElement of, string name)
    {
        var text = of.TextOf(name);
        Demand(text.Length > 0, name + " is empty");
        return text;
    }

    public static long CountOf(this JsonElement of, string name)
    {
        var value = Typed(of, name, JsonValueKind.Number);
        Demand(value.TryGetInt64(out var count) && count >= 0, $"{name} is no count: {value.GetRawText()}");
        return count;
    }

    public static void NullOf(this JsonElement of, string name) => Typed(of, name, JsonValueKind.Null);

    /// <summary>A member that may be missing or null, or else must be a count.</summary>
    public static void MayCount(this JsonElement of, string name)
    {
        if (of.Find(name, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            of.CountOf(name);
        }
    }

    public static void MayBeText(this JsonElement of, string name)
    {
        Demand(of.Member(name).ValueKind is JsonValueKind.String or JsonValueKind.Null, name + " is neither text nor null");
    }

    /// <summary>No member twice, and none but these.</summary>
    public static void Only(this JsonElement of, params ReadOnlySpan<string> names)
    {
        var seen = 0;
        foreach (var member in of.EnumerateObject())
        {
            var at = names.IndexOf(member.Name);
            Demand(at >= 0, $"{member.Name} does not belong in {of.GetRawText()}");
            Demand((seen & (1 << at)) == 0, $"{member.Name} comes twice in {of.GetRawText()}");
            seen |= 1 << at;
        }
    }

    public static void OneOf(string word, params ReadOnlySpan<string> words) => Demand(words.Contains(word), word + " is not a word of the dialect");

    public static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Unescape(value.GetRawText().AsSpan()[1..^1]);
        }
    }

    private static JsonElement Typed(JsonElement of, string name, JsonValueKind kind)
    {
        var value = of.Member(name);
        Demand(value.ValueKind == kind, $"{name} is a {value.ValueKind} in {of.GetRawText()}");
        return value;
    }

    private static string Unescape(ReadOnlySpan<char> escaped)
    {
        var text = new StringBuilder();
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '\\')
            {
                text.Append(escaped[i]);
                continue;
            }

            i++;
            switch (escaped[i])
            {
                case 'u':
                    text.Append((char)int.Parse(escaped.Slice(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 4;
                    break;
                case 'n':
                    text.Append('\n');
                    break;
                case 't':
                    text.Append('\t');
                    break;
                case 'r':
                    text.Append('\r');
                    break;
                case 'b':
                    text.Append('\b');
                    break;
                case 'f':
                    text.Append('\f');
                    break;
                default:
                    text.Append(escaped[i]);
                    break;
            }
        }

        return text.ToString();
    }
}
