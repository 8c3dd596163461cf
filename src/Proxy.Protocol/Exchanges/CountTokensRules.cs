using System.Text.Json;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// What a <c>count_tokens</c> question must look like beyond what any request must (spec/protocols.md 12). A request that is
/// sent on is judged by its upstream; this one has none, and a count of half a question would be believed.
/// </summary>
internal static class CountTokensRules
{
    private const string Messages = "messages";

    /// <summary>Why the body can't be counted; null when it can.</summary>
    /// <param name="body">A body that the reader took: an object whose messages are a list of objects with roles.</param>
    public static RequestProblem? Check(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, JsonWalk.Document);
            return Check(json.RootElement);
        }
        catch (InvalidOperationException)
        {
            // half of a surrogate pair, or bytes that are no UTF-8, in a member's name
            return new RequestProblem("The body is not valid JSON");
        }
    }

    private static RequestProblem? Check(JsonElement body)
    {
        var messages = body.GetProperty(Messages);
        if (messages.GetArrayLength() == 0)
        {
            return new RequestProblem("messages: at least one message is required", Messages);
        }

        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (CheckContent(message, index++) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static RequestProblem? CheckContent(JsonElement message, int index)
    {
        if (!message.TryGetProperty("content", out var content))
        {
            return new RequestProblem($"messages.{index}.content: Field required", Messages);
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            return content.ValueKind == JsonValueKind.String ? null : new RequestProblem($"messages.{index}.content: Input should be a valid string or list", Messages);
        }

        var at = 0;
        foreach (var block in content.EnumerateArray())
        {
            if (block.ValueKind != JsonValueKind.Object)
            {
                return new RequestProblem($"messages.{index}.content.{at}: Input should be an object", Messages);
            }

            if (!block.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
            {
                return new RequestProblem($"messages.{index}.content.{at}.type: Field required", Messages);
            }

            at++;
        }

        return null;
    }
}
