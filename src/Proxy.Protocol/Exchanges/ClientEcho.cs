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

    public static RequestEcho Of(ClientRequest request, Conversation conversation, WriteContext context, UpstreamTarget target, long nowUnixSeconds, string requestId) => new()
    {
        AskedModel = target.ShownModel ?? target.ServedModel ?? request.Model,
        HidesModel = target.ShownModel is not null,
        CreatedAt = nowUnixSeconds,
        IdSeed = requestId,
        ToolNames = context.ToolNames,
        ToolNamespaces = context.ToolNamespaces,
        CustomTools = context.CustomTools,
        InputEstimate = request is { Dialect: Dialect.AnthropicMessages, Stream: true } ? TokenEstimate.Count(conversation) : null,
        IncludeUsage = conversation.IncludeUsage,
        ResponseMembers = Repeated(conversation.ResponseMembers),
    };

    /// <summary>The members that a response object repeats (spec/protocols.md 6.2): the last of a name counts, as it does for every reader.</summary>
    private static List<RawMember> Repeated(IReadOnlyList<RawMember> members)
    {
        var repeated = new List<RawMember>();
        var seen = new HashSet<JsonText>();
        for (var i = members.Count - 1; i >= 0; i--)
        {
            var (name, value) = members[i];
            if (seen.Add(name) && value.Utf8.Length <= LongestMember)
            {
                repeated.Add(new RawMember(name.Detach(), OnOneLine(value)));
            }
        }

        repeated.Reverse();
        return repeated;
    }

    /// <summary>A copy without line ends: they can only stand between tokens, and would cut an event of the stream in two.</summary>
    private static JsonRaw OnOneLine(JsonRaw value)
    {
        var copy = value.Utf8.ToArray();
        copy.AsSpan().Replace((byte)'\n', (byte)' ');
        copy.AsSpan().Replace((byte)'\r', (byte)' ');
        return new JsonRaw(copy);
    }
}
