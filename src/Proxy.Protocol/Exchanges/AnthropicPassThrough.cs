using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Claude → Anthropic client. Handshake: message_start, the start of a text or thinking block without payload, deltas
/// without payload. Content: a delta with payload, the start of any other block, message_delta. Terminal: message_stop.
/// An event that nobody knows is forwarded and commits nothing.
/// </summary>
internal sealed class AnthropicPassThrough(ReadOnlyMemory<byte> shownModel = default) : PassThrough(Dialect.AnthropicMessages, shownModel)
{
    private protected override FrameKind ReadData(in SseFrame frame, IBufferWriter<byte> output)
    {
        var data = frame.Data.Span;
        if (!LooksWhole(data))
        {
            Error = UpstreamErrorReader.Unreadable(frame.Data);
            return FrameKind.Error;
        }

        var name = NameOf(frame);
        FrameKind kind;
        if (name.SequenceEqual("content_block_delta"u8))
        {
            kind = HasContent || Payload.IsIn(data, "delta") ? FrameKind.Content : FrameKind.Handshake;
        }
        else if (name.SequenceEqual("content_block_start"u8))
        {
            kind = HasContent || OpensWithContent(data) ? FrameKind.Content : FrameKind.Handshake;
        }
        else if (name.SequenceEqual("message_start"u8))
        {
            ReadUsage(data);
            WriteNamed(frame, "message", output);
            return FrameKind.Handshake;
        }
        else if (name.SequenceEqual("message_delta"u8))
        {
            ReadUsage(data);
            kind = FrameKind.Content;
        }
        else if (name.SequenceEqual("message_stop"u8))
        {
            Validate(data);
            kind = FrameKind.Terminal;
        }
        else if (name.SequenceEqual("ping"u8))
        {
            kind = FrameKind.Noise;
        }
        else if (name.SequenceEqual("error"u8))
        {
            return Fail(frame.Data);
        }
        else
        {
            kind = HasContent ? FrameKind.Content : FrameKind.Handshake;
        }

        Write(frame, output);
        return kind;
    }

    /// <summary>Finds <c>usage</c> at the top (message_delta) or in <c>message</c> (message_start).</summary>
    private void ReadUsage(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "usage" && reader.TokenType == JsonTokenType.StartObject)
            {
                Usage = Usage.With(UsageReader.Read(ref reader, inputIncludesCache: false));
            }
            else if (name == "message" && reader.TokenType == JsonTokenType.StartObject)
            {
                while (JsonWalk.NextMember(ref reader, out var inner, out _))
                {
                    if (inner == "usage" && reader.TokenType == JsonTokenType.StartObject)
                    {
                        Usage = Usage.With(UsageReader.Read(ref reader, inputIncludesCache: false));
                    }
                    else
                    {
                        reader.Skip();
                    }
                }
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static bool OpensWithContent(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "content_block" && reader.TokenType == JsonTokenType.StartObject)
            {
                while (JsonWalk.NextMember(ref reader, out var inner, out _))
                {
                    if (inner == "type" && reader.TokenType == JsonTokenType.String)
                    {
                        return !(reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("thinking"u8)) || Payload.IsIn(data, "content_block");
                    }

                    reader.Skip();
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return false;
    }
}
