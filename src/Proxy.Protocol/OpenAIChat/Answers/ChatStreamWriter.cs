using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>
/// Writes the chunks of a chat completion (spec/wire-protocols.md 2.3): all with the same id, time and model, calls
/// numbered from 0 in order of opening (E98), usage in a chunk of its own where the client asked for it.
/// </summary>
public sealed class ChatStreamWriter(RequestEcho echo) : AnswerStreamWriter
{
    private readonly Dictionary<int, OutBlock> _blocks = [];
    private byte[] _head = [];
    private byte[] _tail = [];
    private Dictionary<int, CitedText>? _cited;
    private int _said;
    private int _textStart;
    private int _calls;
    private bool _hasRefused;

    /// <inheritdoc />
    protected override void Begin(AnswerStarted started, IBufferWriter<byte> output)
    {
        var head = new ArrayBufferWriter<byte>();
        head.Write("data: "u8);
        ChatPieces.WriteMembers("chat.completion.chunk"u8, started.Id, started.CreatedAt, started.Model, echo, head);
        head.Write(",\"choices\":["u8);
        _head = head.WrittenSpan.ToArray();

        // With include_usage all chunks but the last say so (spec/wire-protocols.md 2.3).
        _tail = echo.IncludeUsage ? "],\"usage\":null}\n\n"u8.ToArray() : "]}\n\n"u8.ToArray();
        WriteChunk("{\"role\":\"assistant\",\"content\":"u8, "\"\""u8, "}"u8, output);
    }

    /// <inheritdoc />
    protected override void Open(BlockOpened opened, IBufferWriter<byte> output)
    {
        switch (opened.Kind)
        {
            case BlockKind.Text:
                _blocks[opened.Block] = OutBlock.Text;
                _textStart = _said;
                break;
            case BlockKind.Refusal:
                _blocks[opened.Block] = OutBlock.Refusal;
                break;
            case BlockKind.Reasoning:
                _blocks[opened.Block] = OutBlock.Reasoning;
                break;
            case BlockKind.ToolCall or BlockKind.CustomToolCall:
                OpenCall(opened, output);
                break;
        }
    }

    private void OpenCall(BlockOpened opened, IBufferWriter<byte> output)
    {
        var name = echo.ClientName(opened.Name);
        var isWrapped = opened.Kind == BlockKind.ToolCall && echo.IsCustomTool(name);
        var isCustom = isWrapped || opened.Kind == BlockKind.CustomToolCall;
        var call = new OutCall(_calls++, isCustom, isWrapped ? new FragmentBuffer() : null);
        _blocks[opened.Block] = call;
        var entry = new ArrayBufferWriter<byte>();
        entry.Write("{\"tool_calls\":[{\"index\":"u8);
        entry.WriteNumber(call.Index);
        entry.Write(",\"id\":"u8);
        entry.WriteText(opened.CallId.IsEmpty ? echo.MadeUpId("call", opened.Block) : opened.CallId);
        entry.Write(isCustom ? ",\"type\":\"custom\",\"custom\":{\"name\":"u8 : ",\"type\":\"function\",\"function\":{\"name\":"u8);
        entry.WriteText(name);
        entry.Write(isCustom ? ",\"input\":\"\"}}]}"u8 : ",\"arguments\":\"\"}}]}"u8);
        WriteChunk(entry.WrittenSpan, default, default, output);
    }

    /// <inheritdoc />
    protected override void Say(int block, JsonText fragment, IBufferWriter<byte> output)
    {
        if (!_blocks.TryGetValue(block, out var spoken))
        {
            return;
        }

        if (spoken is OutCall { Wrapped: { } wrapped })
        {
            wrapped.Add(fragment);
            return;
        }

        _hasRefused |= spoken == OutBlock.Refusal;
        if (spoken is OutCall call)
        {
            call.HasWords = true;
            WriteInput(call, fragment.Quoted.Span, output);
        }
        else
        {
            _said += spoken == OutBlock.Text ? ChatPieces.LengthOf(fragment) : 0;
            WriteChunk(spoken.OpenDelta, fragment.Quoted.Span, "}"u8, output);
        }
    }

    /// <summary>Told when the text is whole: a citation may come before its first word.</summary>
    protected override void Annotate(int block, Citation citation, IBufferWriter<byte> output)
    {
        if (_blocks.TryGetValue(block, out var spoken) && spoken == OutBlock.Text)
        {
            _cited ??= [];
            var text = _cited.TryGetValue(block, out var known) ? known : _cited[block] = new CitedText(_textStart);
            text.Citations.Add(citation.Detach());
        }
    }

    private void WriteCitations(CitedText text, IBufferWriter<byte> output)
    {
        var delta = new ArrayBufferWriter<byte>();
        delta.Write("{\"annotations\":["u8);
        for (var i = 0; i < text.Citations.Count; i++)
        {
            delta.Write(i == 0 ? ""u8 : ","u8);
            ChatPieces.WriteCitation(text.Citations[i], text.Start, _said, delta);
        }

        delta.Write("]}"u8);
        WriteChunk(delta.WrittenSpan, default, default, output);
    }

    /// <inheritdoc />
    protected override void Close(BlockClosed closed, IBufferWriter<byte> output)
    {
        if (_cited is not null && _cited.Remove(closed.Block, out var cited))
        {
            WriteCitations(cited, output);
        }

        if (!_blocks.Remove(closed.Block, out var block) || block is not OutCall call)
        {
            return;
        }

        if (call.Wrapped is { } wrapped)
        {
            var input = ToolCalls.UnwrapInput(wrapped);
            if (!input.IsEmpty)
            {
                WriteInput(call, input.Quoted.Span, output);
            }
        }
        else if (!call.HasWords && !call.IsCustom)
        {
            WriteInput(call, "\"{}\""u8, output);
        }
    }

    /// <inheritdoc />
    protected override void End(AnswerEnded ended, IBufferWriter<byte> output)
    {
        output.Write(_head);
        output.Write("{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\""u8);
        output.Write(ChatFinishReasons.Word(ended.Reason, _calls > 0, _hasRefused));
        output.Write("\"}"u8);
        output.Write(_tail);
        if (echo.IncludeUsage)
        {
            output.Write(_head);
            output.Write("],\"usage\":"u8);
            ChatUsage.Write(ended.Usage, output);
            output.Write("}\n\n"u8);
        }

        output.Write("data: [DONE]\n\n"u8);
    }

    private void WriteInput(OutCall call, ReadOnlySpan<byte> token, IBufferWriter<byte> output)
    {
        output.Write(_head);
        output.Write("{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":"u8);
        output.WriteNumber(call.Index);
        output.Write(call.IsCustom ? ",\"custom\":{\"input\":"u8 : ",\"function\":{\"arguments\":"u8);
        output.Write(token);
        output.Write("}}]},\"logprobs\":null,\"finish_reason\":null}"u8);
        output.Write(_tail);
    }

    private void WriteChunk(ReadOnlySpan<byte> openDelta, ReadOnlySpan<byte> token, ReadOnlySpan<byte> closeDelta, IBufferWriter<byte> output)
    {
        output.Write(_head);
        output.Write("{\"index\":0,\"delta\":"u8);
        output.Write(openDelta);
        output.Write(token);
        output.Write(closeDelta);
        output.Write(",\"logprobs\":null,\"finish_reason\":null}"u8);
        output.Write(_tail);
    }

    /// <summary>A text that refers to pages, and where in the content it begins.</summary>
    private sealed record CitedText(int Start)
    {
        public List<Citation> Citations { get; } = [];
    }

    private class OutBlock(byte[] openDelta)
    {
        private readonly byte[] _openDelta = openDelta;

        public static readonly OutBlock Text = new("{\"content\":"u8.ToArray());

        public static readonly OutBlock Refusal = new("{\"refusal\":"u8.ToArray());

        public static readonly OutBlock Reasoning = new("{\"reasoning_content\":"u8.ToArray());

        public ReadOnlySpan<byte> OpenDelta => _openDelta;
    }

    private sealed class OutCall(int index, bool isCustom, FragmentBuffer? wrapped) : OutBlock([])
    {
        public int Index => index;

        public bool IsCustom => isCustom;

        /// <summary>Input that must be unwrapped once it is whole; null when it streams.</summary>
        public FragmentBuffer? Wrapped => wrapped;

        public bool HasWords { get; set; }
    }
}
