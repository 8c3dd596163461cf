using System.Text;
using System.Text.Json;
using Proxy.Protocol.Answers;

namespace Proxy.Protocol.Failures;

/// <summary>
/// Finds type, code, message and reset in an error body of any shape (spec/protocols.md 7.4, 14.3): <c>{"error":{…}}</c>,
/// <c>{"type":"error","error":{…}}</c>, <c>{"error":"invalid_grant",…}</c>, <c>{"detail":"…"}</c>, <c>{"detail":{…}}</c>,
/// <c>{"type":"response.failed","response":{"error":{…}}}</c>, <c>{"code","message"}</c>, or text.
/// </summary>
public static class UpstreamErrorReader
{
    /// <summary>Reads <paramref name="body"/>. Never throws: what is not JSON becomes the message.</summary>
    public static UpstreamErrorBody Read(ReadOnlyMemory<byte> body)
    {
        var trimmed = body.Span.TrimStart(" \t\r\n"u8);
        if (trimmed.IsEmpty || trimmed[0] != (byte)'{')
        {
            return new UpstreamErrorBody(null, null, null, AsText(trimmed), null, null, body);
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return Read(document.RootElement, body);
        }
        catch (JsonException)
        {
            return new UpstreamErrorBody(null, null, null, AsText(trimmed), null, null, body);
        }
    }

    private static UpstreamErrorBody Read(JsonElement root, ReadOnlyMemory<byte> body)
    {
        var error = Inner(root);
        var message = Text(error, "message") ?? Text(root, "error_description") ?? Text(root, "detail") ?? Text(root, "error");
        var type = Text(error, "type");
        if (type is "error" or "response.failed" or "response.error")
        {
            type = null;
        }

        var code = Text(error, "code") ?? Text(root, "error");
        return new UpstreamErrorBody(
            Status(error) ?? Status(root),
            type,
            code,
            message ?? code ?? type ?? string.Empty,
            Number(error, "resets_at"),
            Number(error, "resets_in_seconds"),
            body);
    }

    private static JsonElement Inner(JsonElement root)
    {
        if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            return error;
        }

        if (root.TryGetProperty("response", out var response) && response.ValueKind == JsonValueKind.Object
            && response.TryGetProperty("error", out error) && error.ValueKind == JsonValueKind.Object)
        {
            return error;
        }

        return root.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.Object ? detail : root;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Abs(number) < 1e15
            ? (long)number
            : null;

    private static int? Status(JsonElement element)
    {
        var status = Number(element, "status_code") ?? Number(element, "status") ?? Number(element, "code");
        return status is >= 400 and <= 599 ? (int)status : null;
    }

    private static string AsText(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, 4096)]).Trim();
}
