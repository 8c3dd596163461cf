using System.Globalization;
using System.Text.Json;
using Proxy.Protocol.Answers;

namespace Proxy.Protocol.Exchanges;

/// <summary>Reads an error in any of the shapes that upstreams use (spec/protocols.md 7.4, 14.3).</summary>
internal static class InStreamErrors
{
    /// <summary>Reads <paramref name="data"/>, which is copied.</summary>
    /// <param name="data">The payload of an error event, or a body that should have been an answer.</param>
    /// <param name="fallback">The message when the payload holds none.</param>
    public static UpstreamErrorBody Read(ReadOnlyMemory<byte> data, string fallback = "upstream stream failed without error details")
    {
        var json = data.ToArray();
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement, json, fallback);
        }
        catch (JsonException)
        {
            return new UpstreamErrorBody(null, null, null, fallback, null, null, json);
        }
    }

    /// <summary>The error of a frame that is not what its dialect allows.</summary>
    public static UpstreamErrorBody Malformed() =>
        new(null, "api_error", "invalid_stream", "the upstream sent an event that is not valid JSON", null, null, default);

    private static UpstreamErrorBody Read(JsonElement root, ReadOnlyMemory<byte> json, string fallback)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new UpstreamErrorBody(null, null, null, fallback, null, null, json);
        }

        var outer = root.TryGetProperty("response", out var response) && response.ValueKind == JsonValueKind.Object ? response : root;
        var error = Child(outer, "error") ?? Child(root, "error") ?? Child(root, "detail") ?? outer;
        if (error.ValueKind == JsonValueKind.String)
        {
            return new UpstreamErrorBody(StatusOf(root), null, null, error.GetString() ?? fallback, null, null, json);
        }

        var type = Text(error, "type");
        var code = Text(error, "code");
        var message = Text(error, "message") ?? code ?? (type is "error" ? null : type) ?? fallback;
        return new UpstreamErrorBody(
            StatusOf(root) ?? StatusOf(error),
            type is "error" or "response.failed" or "response.error" ? null : type,
            code,
            message,
            Number(error, "resets_at"),
            Number(error, "resets_in_seconds"),
            json);
    }

    private static JsonElement? Child(JsonElement element, string name) =>
        element.TryGetProperty(name, out var child) && child.ValueKind is JsonValueKind.Object or JsonValueKind.String ? child : null;

    private static string? Text(JsonElement element, string name) => !element.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
        && number is > -1e15 and < 1e15
            ? (long)number
            : null;

    private static int? StatusOf(JsonElement element)
    {
        foreach (var name in (ReadOnlySpan<string>)["status", "status_code", "code"])
        {
            if (Text(element, name) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and <= 599)
            {
                return status;
            }
        }

        return null;
    }
}
