using Proxy.Protocol.Answers;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>Takes the little that an answer's writer must know out of the request, on memory of its own.</summary>
internal static class ClientEcho
{
    /// <summary>
    /// A longer member (instructions, tools) is not repeated: the cost of a stream must not depend on the size of its
    /// request, and the object comes three times. Clients have what they sent.
    /// </summary>
    private const int LongestMember = 4096;

    public static RequestEcho Of(ClientRequest request, WriteContext context, long nowUnixSeconds, string requestId)
    {
        var layout = ClientRequestReader.LayoutOf(request, out _);
        return new RequestEcho
        {
            AskedModel = request.Model,
            CreatedAt = nowUnixSeconds,
            IdSeed = requestId,
            ToolNames = context.ToolNames,
            ToolNamespaces = context.ToolNamespaces,
            CustomTools = context.CustomTools,
            IncludeUsage = request.Dialect == Dialect.OpenAIChat && WantsUsage(layout),
            ResponseMembers = request.Dialect == Dialect.OpenAIResponses ? Repeated(layout) : [],
        };
    }

    private static bool WantsUsage(RequestLayout? layout)
    {
        if (layout?.Member("stream_options").Value is not { IsPresent: true } options)
        {
            return false;
        }

        var wants = false;
        var cursor = new JsonCursor(options.In(layout.Body));
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            wants = cursor.NameIs("include_usage"u8) ? cursor.Raw().Utf8.Span.SequenceEqual("true"u8) : wants;
        }

        return wants;
    }

    /// <summary>The members that a response object repeats (spec/protocols.md 6.2).</summary>
    private static List<RawMember> Repeated(RequestLayout? layout)
    {
        var repeated = new List<RawMember>();
        foreach (var member in layout?.Members ?? [])
        {
            if (IsRepeated(member.Name) && member.Value.Length <= LongestMember && !repeated.Exists(told => told.Name.ToString() == member.Name))
            {
                // the last of a name counts, as it does for every reader
                var value = layout!.Member(member.Name).Value.In(layout.Body).ToArray();
                repeated.Add(new RawMember(JsonText.FromString(member.Name), new JsonRaw(value)));
            }
        }

        return repeated;
    }

    private static bool IsRepeated(string name) => name is
        "background" or "instructions" or "max_output_tokens" or "max_tool_calls" or "parallel_tool_calls" or "previous_response_id"
        or "prompt_cache_key" or "reasoning" or "safety_identifier" or "service_tier" or "store" or "temperature" or "text"
        or "tool_choice" or "tools" or "top_logprobs" or "top_p" or "truncation" or "user" or "metadata";
}
