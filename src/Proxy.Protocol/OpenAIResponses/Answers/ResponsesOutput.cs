using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>The output items of one response, numbered in order of creation without gaps (E110).</summary>
internal sealed class ResponsesOutput(ResponseEnvelope envelope, RequestEcho echo)
{
    private readonly List<OutputItem> _items = [];

    public IReadOnlyList<OutputItem> Items => _items;

    public OutputMessage AddMessage() => Add(new OutputMessage(_items.Count, envelope.ItemId("msg_"u8, _items.Count)));

    public OutputReasoning AddReasoning() => Add(new OutputReasoning(_items.Count, envelope.ItemId("rs_"u8, _items.Count)));

    /// <summary>Adds a call; what a function-only upstream has wrapped shows as the custom tool that the client declared.</summary>
    public OutputCall AddCall(int block, BlockKind kind, JsonText upstreamCallId, JsonText upstreamName, bool isNameMadeUp = false)
    {
        // a call without a name, of a request that declared one custom tool, is that tool's (E161)
        var name = isNameMadeUp && echo.CustomTools.Count == 1 ? JsonText.FromString(echo.CustomTools.Items[0]) : echo.ClientName(upstreamName);
        var isCustom = kind == BlockKind.CustomToolCall || echo.IsCustomTool(name);
        var callId = upstreamCallId.IsEmpty ? echo.MadeUpId("call", block) : upstreamCallId.Detach();
        var id = Prefixed(isCustom ? "ctc_"u8 : "fc_"u8, callId);
        return Add(new OutputCall(_items.Count, id, callId, name, isCustom) { Namespace = echo.ClientNamespace(upstreamName) });
    }

    private T Add<T>(T item)
        where T : OutputItem
    {
        _items.Add(item);
        return item;
    }

    private static JsonText Prefixed(ReadOnlySpan<byte> prefix, JsonText text)
    {
        var escaped = text.Escaped;
        var quoted = new byte[prefix.Length + escaped.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        prefix.CopyTo(quoted.AsSpan(1));
        escaped.CopyTo(quoted.AsSpan(1 + prefix.Length));
        return new JsonText(quoted);
    }
}
