using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>
/// The <c>response</c> object around the output: who, when, what was asked. Strict clients need all members that the
/// type does not mark optional (spec/wire-protocols.md 3.2), so those that the request does not tell have defaults.
/// </summary>
internal sealed class ResponseEnvelope
{
    private readonly byte[] _head;
    private readonly byte[] _tail;

    public ResponseEnvelope(JsonText upstreamId, long? createdAt, RequestEcho echo)
    {
        Id = IdFor(upstreamId, echo);
        Model = JsonText.FromString(echo.AskedModel);
        CreatedAt = createdAt ?? echo.CreatedAt;
        var head = new ArrayBufferWriter<byte>();
        head.Write("{\"id\":"u8);
        head.WriteText(Id);
        head.Write(",\"object\":\"response\",\"created_at\":"u8);
        head.WriteNumber(CreatedAt);
        head.Write(",\"model\":"u8);
        head.WriteText(Model);
        _head = head.WrittenSpan.ToArray();

        var tail = new ArrayBufferWriter<byte>();
        foreach (var member in echo.ResponseMembers)
        {
            tail.Write(","u8);
            tail.WriteText(member.Name);
            tail.Write(":"u8);
            tail.WriteRaw(member.Value);
        }

        AddDefault("instructions"u8, "null"u8);
        AddDefault("metadata"u8, "{}"u8);
        AddDefault("parallel_tool_calls"u8, "true"u8);
        AddDefault("temperature"u8, "null"u8);
        AddDefault("tool_choice"u8, "\"auto\""u8);
        AddDefault("tools"u8, "[]"u8);
        AddDefault("top_p"u8, "null"u8);
        _tail = tail.WrittenSpan.ToArray();

        void AddDefault(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            foreach (var member in echo.ResponseMembers)
            {
                if (member.Name.ValueEquals(name))
                {
                    return;
                }
            }

            tail.Write(",\""u8);
            tail.Write(name);
            tail.Write("\":"u8);
            tail.Write(value);
        }
    }

    /// <summary>The response's id: the upstream's, with the prefix that clients know.</summary>
    public JsonText Id { get; }

    /// <summary>The model's name for the client.</summary>
    public JsonText Model { get; }

    /// <summary>Unix seconds.</summary>
    public long CreatedAt { get; }

    /// <summary>Writes the object while the answer goes on.</summary>
    public void WriteInProgress(IBufferWriter<byte> output)
    {
        output.Write(_head);
        output.Write(",\"status\":\"in_progress\",\"error\":null,\"incomplete_details\":null,\"output\":[]"u8);
        output.Write(_tail);
        output.Write(",\"usage\":null}"u8);
    }

    /// <summary>Writes the final object.</summary>
    public void WriteFinal(StopReason reason, bool hasRefused, IReadOnlyList<OutputItem> items, Usage usage, IBufferWriter<byte> output)
    {
        output.Write(_head);
        output.Write(",\"status\":\""u8);
        output.Write(ResponseEndings.Status(reason, hasRefused));
        output.Write("\",\"error\":null,\"incomplete_details\":"u8);
        output.Write(ResponseEndings.IncompleteDetails(reason, hasRefused));
        output.Write(",\"output\":["u8);
        for (var i = 0; i < items.Count; i++)
        {
            output.Write(i == 0 ? ""u8 : ","u8);
            items[i].Write(output);
        }

        output.Write("]"u8);
        output.Write(_tail);
        output.Write(",\"usage\":"u8);
        ResponsesUsage.Write(usage, output);
        output.Write("}"u8);
    }

    /// <summary>An id of an item of this response.</summary>
    public JsonText ItemId(ReadOnlySpan<byte> prefix, int index)
    {
        var id = new ArrayBufferWriter<byte>();
        id.Write("\""u8);
        id.Write(prefix);
        id.Write(Id.Escaped);
        id.Write("_"u8);
        id.WriteNumber(index);
        id.Write("\""u8);
        return new JsonText(id.WrittenMemory);
    }

    private static JsonText IdFor(JsonText upstreamId, RequestEcho echo)
    {
        if (upstreamId.IsEmpty)
        {
            return JsonText.FromString("resp_" + echo.IdSeed);
        }

        if (upstreamId.Escaped.StartsWith("resp_"u8))
        {
            return upstreamId.Detach();
        }

        var id = new ArrayBufferWriter<byte>();
        id.Write("\"resp_"u8);
        id.Write(upstreamId.Escaped);
        id.Write("\""u8);
        return new JsonText(id.WrittenMemory);
    }
}

/// <summary>How a response ends (spec/protocols.md 17). A refusal in the model's own words is a complete answer; one without is a filter's.</summary>
internal static class ResponseEndings
{
    public static ReadOnlySpan<byte> Status(StopReason reason, bool hasRefused) => IsIncomplete(reason, hasRefused) ? "incomplete"u8 : "completed"u8;

    public static ReadOnlySpan<byte> EventName(StopReason reason, bool hasRefused) =>
        IsIncomplete(reason, hasRefused) ? "response.incomplete"u8 : "response.completed"u8;

    public static ReadOnlySpan<byte> IncompleteDetails(StopReason reason, bool hasRefused) =>
        !IsIncomplete(reason, hasRefused) ? "null"u8
        : reason == StopReason.Refusal ? "{\"reason\":\"content_filter\"}"u8
        : "{\"reason\":\"max_output_tokens\"}"u8;

    private static bool IsIncomplete(StopReason reason, bool hasRefused) => reason switch
    {
        StopReason.MaxTokens or StopReason.ContextWindow => true,
        StopReason.Refusal => !hasRefused,
        _ => false,
    };
}
