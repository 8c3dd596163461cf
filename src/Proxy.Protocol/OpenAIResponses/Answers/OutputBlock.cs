using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>A block of the answer on its way into the output: what it writes when it speaks and when it closes.</summary>
internal abstract class OutputBlock
{
    public abstract void Say(JsonText fragment, IBufferWriter<byte> output);

    public abstract void Close(JsonText signature, IBufferWriter<byte> output);

    public virtual void StartPart(IBufferWriter<byte> output)
    {
    }

    /// <summary>The block's text refers to a page.</summary>
    public virtual void Cite(Citation citation)
    {
    }
}

/// <summary>Text or a refusal: a part of a message.</summary>
internal sealed class OutputWords(OutputPart part, ResponsesEvents events) : OutputBlock
{
    public override void Say(JsonText fragment, IBufferWriter<byte> output)
    {
        part.Words.Add(fragment);
        if (part.IsRefusal)
        {
            events.Part("response.refusal.delta"u8, part, ",\"delta\":"u8, fragment.Quoted.Span, default, output);
        }
        else
        {
            events.Part("response.output_text.delta"u8, part, ",\"delta\":"u8, fragment.Quoted.Span, ",\"logprobs\":[]"u8, output);
        }
    }

    public override void Cite(Citation citation) => part.Citations.Add(citation);

    public override void Close(JsonText signature, IBufferWriter<byte> output)
    {
        var words = part.Words.ToText();
        for (var i = 0; i < part.Citations.Count; i++)
        {
            events.Annotation(part, i, words, output);
        }

        if (part.IsRefusal)
        {
            events.Part("response.refusal.done"u8, part, ",\"refusal\":"u8, words.Quoted.Span, default, output);
        }
        else
        {
            events.Part("response.output_text.done"u8, part, ",\"text\":"u8, words.Quoted.Span, ",\"logprobs\":[]"u8, output);
        }

        events.WholePart("response.content_part.done"u8, part, words, output);
        part.IsDone = true;
    }
}

/// <summary>Reasoning: one item, its text in the parts of the summary.</summary>
internal sealed class OutputThoughts(OutputReasoning item, ResponsesEvents events) : OutputBlock
{
    public override void Say(JsonText fragment, IBufferWriter<byte> output)
    {
        item.Parts[^1].Add(fragment);
        events.Summary("response.reasoning_summary_text.delta"u8, item, ",\"delta\":"u8, fragment.Quoted.Span, default, output);
    }

    public override void StartPart(IBufferWriter<byte> output)
    {
        if (item.Parts.Count > 0)
        {
            EndPart(output);
        }

        item.Parts.Add(new FragmentBuffer());
        events.Summary("response.reasoning_summary_part.added"u8, item, ",\"part\":{\"type\":\"summary_text\",\"text\":\"\""u8, default, "}"u8, output);
    }

    public override void Close(JsonText signature, IBufferWriter<byte> output)
    {
        EndPart(output);
        item.EncryptedContent = signature.IsEmpty ? default : signature.Detach();
        item.IsDone = true;
        events.Item("response.output_item.done"u8, item, output);
    }

    private void EndPart(IBufferWriter<byte> output)
    {
        var words = item.Parts[^1].ToText().Quoted.Span;
        events.Summary("response.reasoning_summary_text.done"u8, item, ",\"text\":"u8, words, default, output);
        events.Summary("response.reasoning_summary_part.done"u8, item, ",\"part\":{\"type\":\"summary_text\",\"text\":"u8, words, "}"u8, output);
    }
}

/// <summary>Hidden reasoning: an item with nothing but what must come back.</summary>
internal sealed class OutputHidden(OutputReasoning item, ResponsesEvents events) : OutputBlock
{
    public override void Say(JsonText fragment, IBufferWriter<byte> output)
    {
    }

    public override void Close(JsonText signature, IBufferWriter<byte> output)
    {
        item.IsDone = true;
        events.Item("response.output_item.done"u8, item, output);
    }
}

/// <summary>A call. Input that an upstream with functions only has wrapped is kept until it is whole.</summary>
internal sealed class OutputInput(OutputCall item, bool isWrapped, ResponsesEvents events) : OutputBlock
{
    private readonly FragmentBuffer _input = new();

    public override void Say(JsonText fragment, IBufferWriter<byte> output)
    {
        _input.Add(fragment);
        if (!isWrapped)
        {
            Delta(fragment, output);
        }
    }

    public override void Close(JsonText signature, IBufferWriter<byte> output)
    {
        if (isWrapped)
        {
            item.Input = ToolCalls.UnwrapInput(_input);
            if (!item.Input.IsEmpty)
            {
                Delta(item.Input, output);
            }
        }
        else
        {
            item.Input = !_input.IsEmpty || item.IsCustom ? _input.ToText() : ResponsesPieces.NoArguments;
        }

        if (item.IsCustom)
        {
            events.Input("response.custom_tool_call_input.done"u8, item, ",\"input\":"u8, item.Input.Quoted.Span, output);
        }
        else
        {
            events.Input("response.function_call_arguments.done"u8, item, ",\"arguments\":"u8, item.Input.Quoted.Span, output);
        }

        item.IsDone = true;
        events.Item("response.output_item.done"u8, item, output);
    }

    private void Delta(JsonText fragment, IBufferWriter<byte> output) =>
        events.Input(
            item.IsCustom ? "response.custom_tool_call_input.delta"u8 : "response.function_call_arguments.delta"u8,
            item, ",\"delta\":"u8, fragment.Quoted.Span, output);
}

/// <summary>Small pieces that the stream and the single writer share.</summary>
internal static class ResponsesPieces
{
    /// <summary>The arguments of a call that has none.</summary>
    public static JsonText NoArguments { get; } = new("\"{}\""u8.ToArray());
}
