using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Proxy.Actors.Credentials;

/// <summary>
/// The JSON of auth files as both the reader and the writer take it. What the one accepts the other must be able to
/// write back: a file that turns out to be unwritable after its refresh token was used up costs the owner the login.
/// </summary>
internal static class AuthFileJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowTrailingCommas = true };
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The content without byte order mark, white space and the zeros that a crash may leave behind.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> content) => content.TrimStart("\uFEFF"u8).Trim(" \t\r\n\0"u8);

    /// <summary>Parses it. Throws <see cref="JsonException"/> for what is no JSON.</summary>
    public static JsonDocument Parse(ReadOnlySpan<byte> content) => JsonDocument.Parse(Trim(content).ToArray(), Options);

    /// <summary>
    /// An editable copy. Of members named twice the last counts, as in the reader. Throws
    /// <see cref="InvalidOperationException"/> for text that is no Unicode, which no writer could repeat.
    /// </summary>
    public static JsonNode? Copy(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in element.EnumerateObject())
                {
                    members[member.Name] = Copy(member.Value);
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Copy)]);
            case JsonValueKind.String:
                return JsonValue.Create(element.GetString());
            default:
                return JsonValue.Create(element.Clone()); // null for null
        }
    }

    /// <summary>True for JSON that ends too early: as the beginning of something longer it would be valid.</summary>
    public static bool IsTorn(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(Trim(content), isFinalBlock: false, state: default);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What goes into a file: one line, text as it is (no <c>\u002B</c> for the plus of an e-mail), numbers as they came.</summary>
    public static byte[] ToBytes(JsonObject root)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, Writing))
        {
            root.WriteTo(writer);
        }

        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }
}
