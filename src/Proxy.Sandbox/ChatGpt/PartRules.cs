using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>Content parts of messages and tool outputs.</summary>
internal static class PartRules
{
    private static readonly string[] UserParts = ["input_text", "input_image", "input_file", "input_audio"];
    private static readonly string[] AssistantParts = ["output_text", "refusal"];

    public static Refusal? Check(JsonElement part, string role, string path)
    {
        var supported = role == "assistant" ? AssistantParts : UserParts;
        if (part.Text("type") is not { } type || !supported.Contains(type, StringComparer.Ordinal))
        {
            return Denied.Value(part.Text("type") ?? string.Empty, path, supported);
        }

        switch (type)
        {
            case "input_text":
                return Text(part, "text", path) ?? Denied.Extras(part, path, ["type", "text"]);
            case "output_text":
                return Text(part, "text", path) ?? Denied.Extras(part, path, ["type", "text", "annotations", "logprobs"]);
            case "refusal":
                return Text(part, "refusal", path);
            case "input_image":
                return Image(part, path) ?? Denied.Extras(part, path, ["type", "image_url", "file_id", "detail"]);
            case "input_file":
                return part.Text("file_data") is null && part.Text("file_id") is null && part.Text("file_url") is null
                    ? Denied.Missing($"{path}.file_data")
                    : Denied.Extras(part, path, ["type", "file_data", "file_id", "file_url", "filename", "detail"]);
            default:
                return null;
        }
    }

    private static Refusal? Text(JsonElement part, string member, string path) =>
        part.Text(member) is null ? Denied.Missing($"{path}.{member}") : null;

    private static Refusal? Image(JsonElement part, string path)
    {
        if (part.Given("image_url") is not { } url)
        {
            return part.Text("file_id") is null ? Denied.Missing($"{path}.image_url") : null;
        }

        if (url.ValueKind != JsonValueKind.String)
        {
            return Denied.Error($"Invalid type for '{path}.image_url': expected an image URL, but got an object instead.", "invalid_type", $"{path}.image_url");
        }

        var text = url.GetString()!;
        if (text.StartsWith("data:", StringComparison.Ordinal))
        {
            var comma = text.IndexOf(";base64,", StringComparison.Ordinal);
            return comma > 5 && text[5..comma] is "image/png" or "image/jpeg" or "image/gif" or "image/webp" && System.Buffers.Text.Base64.IsValid(text.AsSpan(comma + 8))
                ? null
                : Denied.Error($"Invalid '{path}.image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got an invalid base64-encoded value.", "invalid_value", $"{path}.image_url");
        }

        return text.StartsWith("http", StringComparison.Ordinal) ? null : Denied.Error($"Invalid '{path}.image_url'. Expected a valid URL.", "invalid_value", $"{path}.image_url");
    }
}
