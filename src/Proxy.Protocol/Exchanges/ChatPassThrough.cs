using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Compatible server → Chat client. Chunks have no event names, so that <c>"error"</c>, <c>"usage"</c> and
/// <c>"finish_reason"</c> are looked for as byte strings: a quoted key can't occur inside of a JSON string, where its
/// quotes would be escaped. Handshake: a chunk without payload. Terminal: <c>[DONE]</c>.
/// </summary>
/// <param name="dropUsageChunk">The usage chunk was our wish, not the client's.</param>
/// <param name="shownModel">The name to give for the model's, quoted; empty: the upstream's goes through.</param>
internal sealed class ChatPassThrough(bool dropUsageChunk, ReadOnlyMemory<byte> shownModel = default) : PassThrough(Dialect.OpenAIChat, shownModel)
{
    private bool _finished;

    /// <inheritdoc />
    public override bool Complete(IBufferWriter<byte> output)
    {
        if (!IsComplete && Error is null && _finished)
        {
            output.Write("data: [DONE]\n\n"u8);
            IsComplete = true;
        }

        return IsComplete;
    }

    private protected override FrameKind ReadData(in SseFrame frame, IBufferWriter<byte> output)
    {
        var data = frame.Data.Span;
        if (data.TrimStart(" "u8).StartsWith("[DONE]"u8))
        {
            Write(frame, output);
            return FrameKind.Terminal;
        }

        if (!LooksWhole(data))
        {
            Error = UpstreamErrorReader.Unreadable(frame.Data);
            return FrameKind.Error;
        }

        if (frame.EventName.Span.SequenceEqual("error"u8) || IsError(data))
        {
            return Fail(frame.Data);
        }

        var usage = ValueOf(data, "\"usage\""u8);
        if (usage >= 0 && data[usage] == (byte)'{')
        {
            var reader = new Utf8JsonReader(data[usage..], JsonWalk.Options);
            reader.Read();
            Usage = Usage.With(UsageReader.Read(ref reader, inputIncludesCache: true));
            if (dropUsageChunk && HasNoChoices(data))
            {
                return FrameKind.Content;
            }
        }

        var finish = ValueOf(data, "\"finish_reason\""u8);
        var finishes = finish >= 0 && HasFinished(data);
        _finished |= finishes;
        WriteNamed(frame, container: null, output);
        return HasContent || finishes || usage >= 0 && data[usage] == (byte)'{' || Payload.IsIn(data, "choices") ? FrameKind.Content : FrameKind.Handshake;
    }

    /// <summary>True for <c>{"error":…}</c>, and for a payload without choices that names a code or an error type (spec/protocols.md 7.4).</summary>
    private static bool IsError(ReadOnlySpan<byte> data)
    {
        var mayBe = ValueOf(data, "\"error\""u8) >= 0;
        if (!mayBe && data.IndexOf("\"choices\""u8) >= 0)
        {
            return false;
        }

        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        bool hasChoices = false, hasError = false, hasCode = false, hasMessage = false;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            switch (name)
            {
                case "choices":
                    hasChoices = true;
                    break;
                case "error":
                    hasError = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                    break;
                case "type" when reader.TokenType == JsonTokenType.String:
                    hasError |= reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("response.error"u8) || reader.ValueTextEquals("response.failed"u8);
                    break;
                case "code":
                    hasCode = reader.TokenType != JsonTokenType.Null;
                    break;
                case "message":
                    hasMessage = reader.TokenType == JsonTokenType.String;
                    break;
                default:
                    break;
            }

            reader.Skip();
        }

        return hasError || (!hasChoices && hasCode && hasMessage);
    }

    /// <summary>True for a choice with a reason that is one: some servers say <c>""</c> in every chunk but the last.</summary>
    private static bool HasFinished(ReadOnlySpan<byte> data)
    {
        var finished = false;
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name != "choices" || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (JsonWalk.NextElement(ref reader))
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                while (JsonWalk.NextMember(ref reader, out var inner, out _))
                {
                    finished |= inner == "finish_reason" && reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty;
                    reader.Skip();
                }
            }
        }

        reader.Read();
        return finished;
    }

    private static bool HasNoChoices(ReadOnlySpan<byte> data)
    {
        var choices = ValueOf(data, "\"choices\""u8);
        return choices < 0 || (data[choices] == (byte)'[' && data[(choices + 1)..].TrimStart(" \t\r\n"u8).StartsWith("]"u8));
    }

    /// <summary>Where the value of a key begins that is not <c>null</c>; -1 when there is none.</summary>
    private static int ValueOf(ReadOnlySpan<byte> data, ReadOnlySpan<byte> key)
    {
        var at = 0;
        while (data[at..].IndexOf(key) is var found and >= 0)
        {
            at += found + key.Length;
            var rest = data[at..].TrimStart(" \t\r\n"u8);
            if (!rest.StartsWith(":"u8))
            {
                continue;
            }

            rest = rest[1..].TrimStart(" \t\r\n"u8);
            if (!rest.IsEmpty && rest[0] != (byte)'n')
            {
                return data.Length - rest.Length;
            }
        }

        return -1;
    }
}
