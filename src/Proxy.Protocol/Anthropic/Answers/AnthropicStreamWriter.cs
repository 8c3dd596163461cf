using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>
/// Writes a Messages stream (spec/wire-protocols.md 1.4). Its blocks never interleave: the first open block is live,
/// the others wait in order of their opening with what they have to say (E83). A block of words that stays without a
/// word is not written at all: a client that sent it back would be refused.
/// </summary>
public sealed class AnthropicStreamWriter(RequestEcho echo) : AnswerStreamWriter
{
    private readonly List<WaitingBlock> _blocks = [];
    private int _nextIndex;
    private bool _hasCalledTool;

    /// <inheritdoc />
    protected override void Begin(AnswerStarted started, IBufferWriter<byte> output)
    {
        output.Write("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":"u8);
        output.WriteText(!started.Id.IsEmpty ? started.Id : JsonText.FromString("msg_" + echo.IdSeed));
        output.Write(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8);
        output.WriteText(echo.ModelFor(started.Model));
        output.Write(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"u8);
        AnthropicUsage.Write(started.Usage.UncachedInput is not null || echo.InputEstimate is null ? started.Usage : started.Usage with { UncachedInput = echo.InputEstimate }, output);
        output.Write("}}\n\n"u8);
    }

    /// <inheritdoc />
    protected override void Open(BlockOpened opened, IBufferWriter<byte> output)
    {
        if (opened.Kind == BlockKind.Foreign)
        {
            return;
        }

        _blocks.Add(new WaitingBlock(opened.Block, AnthropicOutBlock.For(opened, echo)));
        if (_blocks.Count == 1)
        {
            Enliven(output);
        }
    }

    /// <summary>A call of the server's tool and its result, two blocks that need no answer (spec/protocols.md 3.5).</summary>
    protected override void TellSearch(SearchTold search, IBufferWriter<byte> output)
    {
        var kept = AnthropicSearch.Of(search, echo);
        _blocks.Add(new WaitingBlock(search.Block, new AnthropicSearchBlock(kept, isResult: false)) { IsClosed = true });
        _blocks.Add(new WaitingBlock(search.Block, new AnthropicSearchBlock(kept, isResult: true)) { IsClosed = true });
        if (_blocks.Count == 2)
        {
            Enliven(output);
        }
    }

    /// <inheritdoc />
    protected override void Say(int block, JsonText fragment, IBufferWriter<byte> output)
    {
        if (_blocks.Count == 0)
        {
            return;
        }

        if (_blocks[0].Id == block)
        {
            Say(_blocks[0].Block, fragment, output);
        }
        else if (_blocks.Find(waiting => waiting.Id == block) is { } waiting)
        {
            waiting.Words.Add(fragment);
        }
    }

    private void Say(AnthropicOutBlock block, JsonText fragment, IBufferWriter<byte> output)
    {
        Show(block, output);
        block.WriteDelta(fragment, output);
    }

    /// <inheritdoc />
    protected override void Close(BlockClosed closed, IBufferWriter<byte> output)
    {
        if (_blocks.Count == 0)
        {
            return;
        }

        if (_blocks[0].Id == closed.Block)
        {
            Finish(closed.Signature, output);
            Enliven(output);
        }
        else if (_blocks.Find(waiting => waiting.Id == closed.Block) is { } waiting)
        {
            waiting.Signature = closed.Signature.Detach();
            waiting.IsClosed = true;
        }
    }

    /// <summary>Lets the first waiting block speak, and those behind it as long as they are closed.</summary>
    private void Enliven(IBufferWriter<byte> output)
    {
        while (_blocks.Count > 0)
        {
            var first = _blocks[0];
            if (first.Block.SpeaksAtOnce)
            {
                Show(first.Block, output);
            }

            if (!first.Words.IsEmpty)
            {
                Say(first.Block, first.Words.ToText(), output);
                first.Words.Clear();
            }

            if (!first.IsClosed)
            {
                return;
            }

            Finish(first.Signature, output);
        }
    }

    private void Show(AnthropicOutBlock block, IBufferWriter<byte> output)
    {
        if (block.Index < 0)
        {
            block.Index = _nextIndex++;
            _hasCalledTool |= block.IsToolUse;
            block.WriteStart(output);
        }
    }

    private void Finish(JsonText signature, IBufferWriter<byte> output)
    {
        var block = _blocks[0].Block;
        _blocks.RemoveAt(0);
        if (!signature.IsEmpty)
        {
            Show(block, output);
        }

        if (block.Index >= 0)
        {
            block.WriteEnd(signature, output);
        }
    }

    /// <inheritdoc />
    protected override void End(AnswerEnded ended, IBufferWriter<byte> output)
    {
        foreach (var block in _blocks)
        {
            block.IsClosed = true;
        }

        Enliven(output);

        // A call that never got as far as a name is no tool use (E91, E143).
        var reason = ended.Reason == StopReason.ToolUse && !_hasCalledTool ? StopReason.EndTurn : ended.Reason;
        output.Write("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\""u8);
        output.Write(AnthropicStopReasons.Word(reason));
        output.Write("\",\"stop_sequence\":"u8);
        output.WriteText(ended.StopSequence);
        output.Write("},\"usage\":"u8);
        AnthropicUsage.Write(ended.Usage, output);
        output.Write("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }

    private sealed class WaitingBlock(int id, AnthropicOutBlock block)
    {
        public int Id => id;

        public AnthropicOutBlock Block => block;

        public FragmentBuffer Words { get; } = new();

        public JsonText Signature { get; set; }

        public bool IsClosed { get; set; }
    }
}
