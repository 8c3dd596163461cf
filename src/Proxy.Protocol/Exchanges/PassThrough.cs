using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Frames byte for byte. Only the event name is looked at; start, usage, error and terminal frames are parsed, and until
/// the first content also the frames that could be it. A content frame after the first costs a copy and no allocation.
/// </summary>
/// <param name="dialect">The dialect of both sides.</param>
/// <param name="shownModel">The name to give for the model's, quoted; empty: the upstream's goes through.</param>
internal abstract class PassThrough(Dialect dialect, ReadOnlyMemory<byte> shownModel) : AnswerStream
{
    /// <summary>The name to give for the model's, quoted; empty: the upstream's goes through.</summary>
    private protected ReadOnlyMemory<byte> ShownModel { get; } = shownModel;

    /// <summary>How many events the upstream has told, those that were dropped included: the next sequence number of a Responses stream.</summary>
    private protected int Told { get; private set; }

    /// <summary>Where the stream stands for the client.</summary>
    private protected virtual StreamPosition Position => default;

    /// <summary>There has been content: nothing before it needs telling apart any more.</summary>
    private protected bool HasContent { get; private set; }

    /// <inheritdoc />
    public override FrameKind Read(in SseFrame frame, IBufferWriter<byte> output)
    {
        if (IsComplete || Error is not null)
        {
            return FrameKind.Noise;
        }

        if (frame.Data.IsEmpty)
        {
            // a name without data is no event, but a client that goes by names might take it for one
            if (frame.EventName.IsEmpty)
            {
                Write(frame, output);
            }

            return FrameKind.Noise;
        }

        try
        {
            var kind = ReadData(frame, output);
            HasContent |= kind == FrameKind.Content;
            IsComplete |= kind == FrameKind.Terminal;
            return kind;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            Error = UpstreamErrorReader.Unreadable(frame.Data);
            return FrameKind.Error;
        }
    }

    /// <inheritdoc />
    public override bool Complete(IBufferWriter<byte> output) => IsComplete;

    /// <inheritdoc />
    public override void WriteFailure(Failure failure, IBufferWriter<byte> output) =>
        ErrorBody.WriteFrame(dialect, ErrorBody.For(failure, dialect), Position, output);

    /// <summary>Reads a frame with data and forwards it.</summary>
    private protected abstract FrameKind ReadData(in SseFrame frame, IBufferWriter<byte> output);

    /// <summary>Forwards a frame as it came.</summary>
    private protected virtual void Write(in SseFrame frame, IBufferWriter<byte> output)
    {
        output.Write(frame.Raw.Span);
        Told += frame.Data.IsEmpty ? 0 : 1;
    }

    /// <summary>Forwards a frame that carries the model's name: at the top, or in <paramref name="container"/>.</summary>
    private protected virtual void WriteNamed(in SseFrame frame, string? container, IBufferWriter<byte> output)
    {
        if (ShownModel.IsEmpty)
        {
            Write(frame, output);
            return;
        }

        using var renamed = new PooledBufferWriter(frame.Data.Length + ShownModel.Length);
        ModelNames.Write(frame.Data.Span, container, ShownModel, renamed);
        Write(frame.EventName.Span, renamed.Written.Span, output);
    }

    /// <summary>Forwards a frame whose data has been changed.</summary>
    private protected void Write(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        if (!eventName.IsEmpty)
        {
            output.Write("event: "u8);
            output.Write(eventName);
            output.Write("\n"u8);
        }

        foreach (var line in data.Split((byte)'\n'))
        {
            output.Write("data: "u8);
            output.Write(data[line]);
            output.Write("\n"u8);
        }

        output.Write("\n"u8);
        Told++;
    }

    /// <summary>Leaves a frame out that the upstream has numbered.</summary>
    private protected void Drop() => Told++;

    private protected FrameKind Fail(ReadOnlyMemory<byte> data)
    {
        Error = UpstreamErrorReader.Read(data);
        return FrameKind.Error;
    }

    /// <summary>The event's name, or else the <c>type</c> of its data.</summary>
    private protected static ReadOnlySpan<byte> NameOf(in SseFrame frame)
    {
        if (!frame.EventName.IsEmpty)
        {
            return frame.EventName.Span;
        }

        var data = frame.Data.Span;
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return default;
        }

        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "type" && reader.TokenType == JsonTokenType.String)
            {
                return reader.ValueSpan;
            }

            reader.Skip();
        }

        return default;
    }

    /// <summary>A frame that ends the answer is looked at whole, once: a broken one is no end.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    private protected static void Validate(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        while (reader.Read())
        {
        }
    }

    /// <summary>Cheap: a frame cut by an upstream's own proxy is caught, and a delta is not parsed for it.</summary>
    private protected static bool LooksWhole(ReadOnlySpan<byte> data)
    {
        var trimmed = data.Trim(" \t\r\n"u8);
        return trimmed.Length >= 2 && trimmed[0] == (byte)'{' && trimmed[^1] == (byte)'}';
    }
}
