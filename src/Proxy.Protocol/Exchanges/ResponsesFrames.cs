using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// The table of a Responses stream. Handshake: created, in_progress, queued, private <c>codex.*</c> events, the start of a
/// message or reasoning item or part. Content: every delta with payload, every done, the start of any other item.
/// Terminal: completed, incomplete. Error: failed, error.
/// </summary>
internal static class ResponsesFrames
{
    /// <summary>What an event means before the first content.</summary>
    public static FrameKind KindOf(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (name.SequenceEqual("response.completed"u8) || name.SequenceEqual("response.incomplete"u8))
        {
            return FrameKind.Terminal;
        }

        if (name.SequenceEqual("error"u8) || name.SequenceEqual("response.failed"u8) || name.SequenceEqual("response.error"u8))
        {
            return FrameKind.Error;
        }

        if (name.SequenceEqual("ping"u8) || name.SequenceEqual("keepalive"u8))
        {
            return FrameKind.Noise;
        }

        if (name.EndsWith(".delta"u8))
        {
            return Payload.IsIn(data, "delta") ? FrameKind.Content : FrameKind.Handshake;
        }

        if (name.SequenceEqual("response.output_item.added"u8))
        {
            return ItemType(data) is "message" or "reasoning" or "" ? FrameKind.Handshake : FrameKind.Content;
        }

        return !name.StartsWith("response."u8)
            || name.SequenceEqual("response.created"u8)
            || name.SequenceEqual("response.in_progress"u8)
            || name.SequenceEqual("response.queued"u8)
            || name.EndsWith("part.added"u8)
            || name.EndsWith("metadata"u8)
            ? FrameKind.Handshake
            : FrameKind.Content;
    }

    private static string ItemType(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name != "item" || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (JsonWalk.NextMember(ref reader, out var inner, out _))
            {
                if (inner == "type" && reader.TokenType == JsonTokenType.String)
                {
                    return reader.GetString() ?? string.Empty;
                }

                reader.Skip();
            }
        }

        return string.Empty;
    }
}
