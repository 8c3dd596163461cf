using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>An output item as the client sees it: what stands in <c>output</c> and in the item events.</summary>
internal abstract class OutputItem(int index, JsonText id)
{
    /// <summary>Its place in <c>output</c>.</summary>
    public int Index => index;

    public JsonText Id => id;

    public bool IsDone { get; set; }

    /// <summary>Writes the item; while it is not done, without its content.</summary>
    public abstract void Write(IBufferWriter<byte> output);

    protected void WriteOpening(ReadOnlySpan<byte> type, IBufferWriter<byte> output)
    {
        output.Write("{\"id\":"u8);
        output.WriteText(id);
        output.Write(",\"type\":\""u8);
        output.Write(type);
        output.Write("\""u8);
    }

    protected void WriteStatus(IBufferWriter<byte> output) =>
        output.Write(IsDone ? ",\"status\":\"completed\""u8 : ",\"status\":\"in_progress\""u8);
}

/// <summary>A message of text and refusal parts.</summary>
internal sealed class OutputMessage(int index, JsonText id) : OutputItem(index, id)
{
    public List<OutputPart> Parts { get; } = [];

    public override void Write(IBufferWriter<byte> output)
    {
        WriteOpening("message"u8, output);
        WriteStatus(output);
        output.Write(",\"role\":\"assistant\",\"content\":["u8);
        for (var i = 0; IsDone && i < Parts.Count; i++)
        {
            output.Write(i == 0 ? ""u8 : ","u8);
            Parts[i].Write(Parts[i].Words.ToText(), output);
        }

        output.Write("]}"u8);
    }
}

/// <summary>A part of a message.</summary>
internal sealed class OutputPart(OutputMessage message, int index, bool isRefusal)
{
    public OutputMessage Message => message;

    public int Index => index;

    public bool IsRefusal => isRefusal;

    public bool IsDone { get; set; }

    public FragmentBuffer Words { get; } = new();

    public List<Citation> Citations { get; } = [];

    public void Write(JsonText words, IBufferWriter<byte> output)
    {
        if (isRefusal)
        {
            output.Write("{\"type\":\"refusal\",\"refusal\":"u8);
            output.WriteText(words);
            output.Write("}"u8);
            return;
        }

        output.Write("{\"type\":\"output_text\",\"text\":"u8);
        output.WriteText(words);
        output.Write(",\"annotations\":["u8);
        for (var i = 0; !words.IsEmpty && i < Citations.Count; i++)
        {
            output.Write(i == 0 ? ""u8 : ","u8);
            WriteCitation(i, words, output);
        }

        output.Write("],\"logprobs\":[]}"u8);
    }

    /// <summary>One citation; it speaks of the whole part, as Anthropic's do of their block.</summary>
    public void WriteCitation(int index, JsonText words, IBufferWriter<byte> output)
    {
        var citation = Citations[index];
        output.Write("{\"type\":\"url_citation\",\"start_index\":0,\"end_index\":"u8);
        output.WriteNumber(JsonEscapes.ToReadable(words)?.Length ?? 0);
        output.Write(",\"url\":"u8);
        output.WriteText(citation.Url);
        output.Write(",\"title\":"u8);
        output.WriteText(citation.Title.IsPresent ? citation.Title : citation.Url);
        output.Write("}"u8);
    }
}

/// <summary>Reasoning with its summary parts, or hidden reasoning without any.</summary>
internal sealed class OutputReasoning(int index, JsonText id) : OutputItem(index, id)
{
    public List<FragmentBuffer> Parts { get; } = [];

    public JsonText EncryptedContent { get; set; }

    public override void Write(IBufferWriter<byte> output)
    {
        WriteOpening("reasoning"u8, output);
        output.Write(",\"summary\":["u8);
        for (var i = 0; IsDone && i < Parts.Count; i++)
        {
            output.Write(i == 0 ? "{\"type\":\"summary_text\",\"text\":"u8 : ",{\"type\":\"summary_text\",\"text\":"u8);
            output.WriteText(Parts[i].ToText());
            output.Write("}"u8);
        }

        output.Write("],\"encrypted_content\":"u8);
        output.WriteText(EncryptedContent);
        output.Write("}"u8);
    }
}

/// <summary>A call of a function or a custom tool.</summary>
internal sealed class OutputCall(int index, JsonText id, JsonText callId, JsonText name, bool isCustom) : OutputItem(index, id)
{
    public bool IsCustom => isCustom;

    /// <summary>The whole input, once the call is done.</summary>
    public JsonText Input { get; set; } = JsonText.Empty;

    /// <summary>The namespace that the client declared the tool in; absent when in none.</summary>
    public JsonText Namespace { get; init; }

    public override void Write(IBufferWriter<byte> output)
    {
        WriteOpening(isCustom ? "custom_tool_call"u8 : "function_call"u8, output);
        WriteStatus(output);
        output.Write(",\"call_id\":"u8);
        output.WriteText(callId);
        output.Write(",\"name\":"u8);
        output.WriteText(name);
        if (Namespace.IsPresent)
        {
            output.Write(",\"namespace\":"u8);
            output.WriteText(Namespace);
        }

        output.Write(isCustom ? ",\"input\":"u8 : ",\"arguments\":"u8);
        output.WriteText(Input);
        output.Write("}"u8);
    }
}
