using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.OpenAIResponses.Answers;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Codex → Responses client, frame for frame. Only a terminal event that strict SDKs could not read is mended: an empty
/// <c>output</c>, missing usage details (spec/protocols.md 4b). The model's name stays the upstream's unless a mapping is
/// forced. A frame that is not
/// whole JSON is dropped; nothing follows the terminal event.
/// </summary>
internal class ResponsesPassThrough(ReadOnlyMemory<byte> shownModel = default) : PassThrough(Dialect.OpenAIResponses, shownModel)
{
    private readonly OutputCollector _items = new();
    private ResponsesObject _response;

    /// <inheritdoc />
    private protected override StreamPosition Position =>
        new(Told, _response.Id, ShownModel.IsEmpty ? _response.Model : new JsonText(ShownModel), _response.CreatedAt ?? 0);

    private protected override FrameKind ReadData(in SseFrame frame, IBufferWriter<byte> output)
    {
        var data = frame.Data.Span;
        if (!LooksWhole(data))
        {
            Drop();
            return FrameKind.Noise;
        }

        var name = NameOf(frame);
        if (HasContent && name.EndsWith(".delta"u8))
        {
            Write(frame, output);
            return FrameKind.Content;
        }

        var kind = ResponsesFrames.KindOf(name, data);
        switch (kind)
        {
            case FrameKind.Error:
                return Fail(frame.Data);
            case FrameKind.Terminal:
                return End(frame, name, output);
            default:
                if (name.SequenceEqual("response.output_item.done"u8))
                {
                    _items.Add(data);
                }

                if (kind == FrameKind.Handshake)
                {
                    Introduce(frame, name);
                    WriteNamed(frame, "response", output);
                }
                else
                {
                    Write(frame, output);
                }

                return HasContent && kind == FrameKind.Handshake ? FrameKind.Content : kind;
        }
    }

    /// <summary>The answer is whole: forwards its terminal event, mended if need be.</summary>
    private protected virtual void WriteTerminal(in SseFrame frame, ReadOnlySpan<byte> name, ResponsesTerminal terminal, IBufferWriter<byte> output)
    {
        if (terminal.Edits.Count == 0)
        {
            Write(frame, output);
            return;
        }

        using var mended = new PooledBufferWriter(frame.Data.Length);
        terminal.Edits.Apply(frame.Data.Span, mended);
        Write(frame.EventName.IsEmpty ? default : name, mended.Written.Span, output);
    }

    /// <summary>Keeps what the response is called, from the first event that tells it: an error must name the same.</summary>
    private void Introduce(in SseFrame frame, ReadOnlySpan<byte> name)
    {
        if (!_response.Id.IsPresent && name.StartsWith("response."u8) && ResponsesFrame.Read(frame.Data).Response is { IsObject: true } response)
        {
            var told = ResponsesObject.Read(response.Utf8);
            _response = new ResponsesObject { Id = told.Id.Detach(), Model = told.Model.Detach(), CreatedAt = told.CreatedAt };
        }
    }

    private FrameKind End(in SseFrame frame, ReadOnlySpan<byte> name, IBufferWriter<byte> output)
    {
        var terminal = ResponsesTerminal.Read(frame.Data.Span, _items);
        if (terminal.IsError)
        {
            return Fail(frame.Data);
        }

        Usage = Usage.With(terminal.Usage);
        if (!ShownModel.IsEmpty && ModelNames.Find(frame.Data.Span, "response") is { IsPresent: true } model)
        {
            terminal.Edits.Replace(model, ShownModel);
        }

        WriteTerminal(frame, name, terminal, output);
        return FrameKind.Terminal;
    }
}

/// <summary>Codex → Responses client that wants a single JSON: the response object of the terminal event.</summary>
internal sealed class ResponsesGather(ReadOnlyMemory<byte> shownModel = default) : ResponsesPassThrough(shownModel)
{
    private byte[] _body = [];

    /// <inheritdoc />
    public override bool Complete(IBufferWriter<byte> output)
    {
        if (IsComplete)
        {
            output.Write(_body);
        }

        return IsComplete;
    }

    private protected override void Write(in SseFrame frame, IBufferWriter<byte> output)
    {
        // nothing goes out before the end
    }

    private protected override void WriteNamed(in SseFrame frame, string? container, IBufferWriter<byte> output)
    {
        // nor this
    }

    private protected override void WriteTerminal(in SseFrame frame, ReadOnlySpan<byte> name, ResponsesTerminal terminal, IBufferWriter<byte> output)
    {
        var response = terminal.Response.In(frame.Data.Span);
        var edits = new JsonEdits();
        foreach (var edit in terminal.Edits.Added)
        {
            edits.Replace(edit.Offset - terminal.Response.Start, edit.Length, edit.Replacement);
        }

        using var body = new PooledBufferWriter(response.Length);
        edits.Apply(response, body);
        _body = body.Written.ToArray();
    }
}
