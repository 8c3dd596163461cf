namespace Proxy.Sandbox.Json;

/// <summary>OpenAI's error body (spec/wire-protocols.md 4).</summary>
internal static class OpenAIError
{
    public static string Of(Refusal refusal) =>
        $"{{\"error\":{{\"message\":{JsonString.Quote(refusal.Message)},\"type\":{JsonString.Quote(refusal.Type ?? "invalid_request_error")},\"param\":{Quote(refusal.Param)},\"code\":{Quote(refusal.Code)}}}}}";

    private static string Quote(string? text) => text is null ? "null" : JsonString.Quote(text);
}
