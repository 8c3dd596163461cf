using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>How one kind of block looks in a stream: its start, its deltas, its end.</summary>
internal abstract class AnthropicOutBlock
{
    /// <summary>Its place in the content; −1 until it starts.</summary>
    public int Index { get; set; } = -1;

    /// <summary>It starts before it has a word to say.</summary>
    public virtual bool SpeaksAtOnce => false;

    public virtual bool IsToolUse => false;

    public static AnthropicOutBlock For(BlockOpened opened, RequestEcho echo) => opened.Kind switch
    {
        BlockKind.Reasoning => new Thinking(),
        BlockKind.RedactedReasoning => new RedactedThinking(opened.Opaque.Detach()),
        BlockKind.ToolCall => new ToolUse(ToolId(opened, echo), echo.ClientName(opened.Name)),
        BlockKind.CustomToolCall => new CustomToolUse(ToolId(opened, echo), echo.ClientName(opened.Name)),
        _ => new Text(),
    };

    public void WriteStart(IBufferWriter<byte> output)
    {
        output.Write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8);
        output.WriteNumber(Index);
        output.Write(",\"content_block\":"u8);
        WriteEmptyBlock(output);
        output.Write("}\n\n"u8);
        AfterStart(output);
    }

    /// <summary>Writes one delta around the fragment, which goes out as it came.</summary>
    public abstract void WriteDelta(JsonText fragment, IBufferWriter<byte> output);

    public void WriteEnd(JsonText signature, IBufferWriter<byte> output)
    {
        BeforeEnd(signature, output);
        output.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8);
        output.WriteNumber(Index);
        output.Write("}\n\n"u8);
    }

    protected abstract void WriteEmptyBlock(IBufferWriter<byte> output);

    protected virtual void AfterStart(IBufferWriter<byte> output)
    {
    }

    protected virtual void BeforeEnd(JsonText signature, IBufferWriter<byte> output)
    {
    }

    protected void WriteDelta(ReadOnlySpan<byte> openDelta, ReadOnlySpan<byte> token, IBufferWriter<byte> output)
    {
        output.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        output.WriteNumber(Index);
        output.Write(openDelta);
        output.Write(token);
        output.Write("}}\n\n"u8);
    }

    private static JsonText ToolId(BlockOpened opened, RequestEcho echo) =>
        opened.CallId.IsEmpty ? echo.MadeUpId("toolu", opened.Block) : AnthropicPieces.ToolId(opened.CallId);

    private sealed class Text : AnthropicOutBlock
    {
        public override void WriteDelta(JsonText fragment, IBufferWriter<byte> output) =>
            WriteDelta(",\"delta\":{\"type\":\"text_delta\",\"text\":"u8, fragment.Quoted.Span, output);

        protected override void WriteEmptyBlock(IBufferWriter<byte> output) => output.Write("{\"type\":\"text\",\"text\":\"\"}"u8);
    }

    private sealed class Thinking : AnthropicOutBlock
    {
        public override void WriteDelta(JsonText fragment, IBufferWriter<byte> output) =>
            WriteDelta(",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":"u8, fragment.Quoted.Span, output);

        protected override void WriteEmptyBlock(IBufferWriter<byte> output) =>
            output.Write("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8);

        protected override void BeforeEnd(JsonText signature, IBufferWriter<byte> output)
        {
            if (!signature.IsEmpty)
            {
                WriteDelta(",\"delta\":{\"type\":\"signature_delta\",\"signature\":"u8, signature.Quoted.Span, output);
            }
        }
    }

    private sealed class RedactedThinking(JsonText data) : AnthropicOutBlock
    {
        public override bool SpeaksAtOnce => true;

        public override void WriteDelta(JsonText fragment, IBufferWriter<byte> output)
        {
        }

        protected override void WriteEmptyBlock(IBufferWriter<byte> output)
        {
            output.Write("{\"type\":\"redacted_thinking\",\"data\":"u8);
            output.WriteText(data.IsPresent ? data : JsonText.Empty);
            output.Write("}"u8);
        }
    }

    private class ToolUse(JsonText id, JsonText name) : AnthropicOutBlock
    {
        public override bool SpeaksAtOnce => true;

        public override bool IsToolUse => true;

        public override void WriteDelta(JsonText fragment, IBufferWriter<byte> output) => WriteInput(fragment.Quoted.Span, output);

        protected override void WriteEmptyBlock(IBufferWriter<byte> output)
        {
            output.Write("{\"type\":\"tool_use\",\"id\":"u8);
            output.WriteText(id);
            output.Write(",\"name\":"u8);
            output.WriteText(name);
            output.Write(",\"input\":{}}"u8);
        }

        protected override void AfterStart(IBufferWriter<byte> output) => WriteInput("\"\""u8, output);

        protected void WriteInput(ReadOnlySpan<byte> token, IBufferWriter<byte> output) =>
            WriteDelta(",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"u8, token, output);
    }

    /// <summary>Plain input goes the way the requests' writers wrap it: <c>{"input":"…"}</c>.</summary>
    private sealed class CustomToolUse(JsonText id, JsonText name) : ToolUse(id, name)
    {
        public override void WriteDelta(JsonText fragment, IBufferWriter<byte> output)
        {
            var token = new ArrayBufferWriter<byte>(fragment.Quoted.Length + 16);
            token.Write("\""u8);
            JsonEscapes.WriteEscapedAgain(fragment.Escaped, token);
            token.Write("\""u8);
            WriteInput(token.WrittenSpan, output);
        }

        protected override void AfterStart(IBufferWriter<byte> output)
        {
            base.AfterStart(output);
            WriteInput("\"{\\\"input\\\":\\\"\""u8, output);
        }

        protected override void BeforeEnd(JsonText signature, IBufferWriter<byte> output) => WriteInput("\"\\\"}\""u8, output);
    }
}
