using System.Buffers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>Writes the frames of a Responses stream and counts them from 0 (spec/wire-protocols.md 3.3).</summary>
internal sealed class ResponsesEvents
{
    /// <summary>The number of the next event.</summary>
    public int Next { get; private set; }

    public void Response(ReadOnlySpan<byte> type, Action<IBufferWriter<byte>> response, IBufferWriter<byte> output)
    {
        Begin(type, output);
        output.Write(",\"response\":"u8);
        response(output);
        End(output);
    }

    public void Item(ReadOnlySpan<byte> type, OutputItem item, IBufferWriter<byte> output)
    {
        Begin(type, output);
        output.Write(",\"output_index\":"u8);
        output.WriteNumber(item.Index);
        output.Write(",\"item\":"u8);
        item.Write(output);
        End(output);
    }

    /// <summary>An event of a content part of a message: <paramref name="member"/> is the opening of its last member.</summary>
    public void Part(ReadOnlySpan<byte> type, OutputPart part, ReadOnlySpan<byte> member, ReadOnlySpan<byte> value, ReadOnlySpan<byte> tail, IBufferWriter<byte> output)
    {
        BeginInside(type, part.Message, output);
        output.Write(",\"content_index\":"u8);
        output.WriteNumber(part.Index);
        output.Write(member);
        output.Write(value);
        output.Write(tail);
        End(output);
    }

    public void WholePart(ReadOnlySpan<byte> type, OutputPart part, JsonText words, IBufferWriter<byte> output)
    {
        BeginInside(type, part.Message, output);
        output.Write(",\"content_index\":"u8);
        output.WriteNumber(part.Index);
        output.Write(",\"part\":"u8);
        part.Write(words, output);
        End(output);
    }

    /// <summary>A citation of a part.</summary>
    public void Annotation(OutputPart part, int index, JsonText words, IBufferWriter<byte> output)
    {
        BeginInside("response.output_text.annotation.added"u8, part.Message, output);
        output.Write(",\"content_index\":"u8);
        output.WriteNumber(part.Index);
        output.Write(",\"annotation_index\":"u8);
        output.WriteNumber(index);
        output.Write(",\"annotation\":"u8);
        part.WriteCitation(index, words, output);
        End(output);
    }

    /// <summary>An event of a part of a reasoning's summary.</summary>
    public void Summary(ReadOnlySpan<byte> type, OutputReasoning item, ReadOnlySpan<byte> member, ReadOnlySpan<byte> value, ReadOnlySpan<byte> tail, IBufferWriter<byte> output)
    {
        BeginInside(type, item, output);
        output.Write(",\"summary_index\":"u8);
        output.WriteNumber(item.Parts.Count - 1);
        output.Write(member);
        output.Write(value);
        output.Write(tail);
        End(output);
    }

    /// <summary>An event of a call's input.</summary>
    public void Input(ReadOnlySpan<byte> type, OutputCall item, ReadOnlySpan<byte> member, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        BeginInside(type, item, output);
        output.Write(member);
        output.Write(value);
        End(output);
    }

    private void BeginInside(ReadOnlySpan<byte> type, OutputItem item, IBufferWriter<byte> output)
    {
        Begin(type, output);
        output.Write(",\"item_id\":"u8);
        output.WriteText(item.Id);
        output.Write(",\"output_index\":"u8);
        output.WriteNumber(item.Index);
    }

    private void Begin(ReadOnlySpan<byte> type, IBufferWriter<byte> output)
    {
        output.Write("event: "u8);
        output.Write(type);
        output.Write("\ndata: {\"type\":\""u8);
        output.Write(type);
        output.Write("\",\"sequence_number\":"u8);
        output.WriteNumber(Next++);
    }

    private static void End(IBufferWriter<byte> output) => output.Write("}\n\n"u8);
}
