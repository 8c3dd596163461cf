using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>Reads the events of a Messages stream (spec/wire-protocols.md 1.4). Ends with <c>message_stop</c>; anything short of it is cut.</summary>
public sealed class AnthropicStreamReader : AnswerStreamReader
{
    private readonly Dictionary<long, OpenBlock> _open = [];
    private Usage _usage = Usage.Unknown;
    private StopReason? _stopReason;
    private JsonText _stopSequence;
    private bool _hasStarted;
    private bool _hasCalledTool;

    /// <inheritdoc />
    public override bool Complete(ICollection<AnswerEvent> events) => IsOver;

    /// <inheritdoc />
    protected override void ReadData(ReadOnlyMemory<byte> eventName, ReadOnlyMemory<byte> data, ICollection<AnswerEvent> events)
    {
        var frame = AnthropicFrame.Read(data);
        var type = frame.Type.IsPresent ? frame.Type.Escaped : eventName.Span;
        // an error by name is one, whatever its data is called
        if (eventName.Span.SequenceEqual("error"u8))
        {
            Fail(UpstreamErrorReader.Read(data), events);
        }
        else if (type.SequenceEqual("content_block_delta"u8))
        {
            OnDelta(frame, events);
        }
        else if (type.SequenceEqual("content_block_start"u8))
        {
            OnBlockStart(frame, events);
        }
        else if (type.SequenceEqual("content_block_stop"u8))
        {
            if (_open.Remove(frame.Index, out var block))
            {
                block.Close(events);
            }
        }
        else if (type.SequenceEqual("message_start"u8))
        {
            OnMessageStart(frame, events);
        }
        else if (type.SequenceEqual("message_delta"u8))
        {
            _usage = _usage.With(frame.Usage);
            _stopReason = frame.Delta.StopReason.IsPresent ? AnthropicStopReasons.Read(frame.Delta.StopReason) : _stopReason;
            _stopSequence = frame.Delta.StopSequence.IsPresent ? frame.Delta.StopSequence.Detach() : _stopSequence;
        }
        else if (type.SequenceEqual("message_stop"u8))
        {
            OnMessageStop(events);
        }
        else if (type.SequenceEqual("error"u8) || frame.HasError)
        {
            Fail(UpstreamErrorReader.Read(data), events);
        }
    }

    private void OnMessageStart(in AnthropicFrame frame, ICollection<AnswerEvent> events)
    {
        if (_hasStarted)
        {
            return;
        }

        var id = default(JsonText);
        var model = default(JsonText);
        if (frame.Message.IsPresent)
        {
            var cursor = new JsonCursor(frame.Message.Utf8);
            for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
            {
                if (cursor.NameIs("id"u8))
                {
                    id = cursor.Text();
                }
                else if (cursor.NameIs("model"u8))
                {
                    model = cursor.Text();
                }
                else if (cursor.NameIs("usage"u8))
                {
                    _usage = AnthropicUsage.Read(ref cursor);
                }
            }
        }

        _hasStarted = true;
        events.Add(new AnswerStarted(id, model, null, _usage));
    }

    private void OnBlockStart(in AnthropicFrame frame, ICollection<AnswerEvent> events)
    {
        Start(events);
        var block = AnthropicBlock.Read(frame.ContentBlock);
        if (_open.Remove(frame.Index, out var stale))
        {
            stale.Close(events);
        }

        var id = NextBlock();
        _hasCalledTool |= block.Kind == BlockKind.ToolCall;
        _open[frame.Index] = block.Kind switch
        {
            BlockKind.Text => new TextBlock(id),
            BlockKind.Reasoning => new ThinkingBlock(id) { Signature = block.Signature.IsEmpty ? default : block.Signature.Detach() },
            BlockKind.ToolCall => new ToolBlock(id) { InitialInput = block.InputText },
            _ => new OpaqueBlock(id),
        };
        events.Add(block.Open(id));
        if (!block.Words.IsEmpty)
        {
            events.Add(new BlockDelta(id, block.Words));
        }
    }

    private void OnDelta(in AnthropicFrame frame, ICollection<AnswerEvent> events)
    {
        if (!_open.TryGetValue(frame.Index, out var block))
        {
            throw new JsonException("a delta for a block that is not open");
        }

        block.Take(frame.Delta, events);
    }

    private void OnMessageStop(ICollection<AnswerEvent> events)
    {
        Start(events);
        foreach (var (_, block) in _open.OrderBy(pair => pair.Key))
        {
            block.Close(events);
        }

        _open.Clear();
        var reason = _stopReason ?? (_hasCalledTool ? StopReason.ToolUse : StopReason.EndTurn);
        End(new AnswerEnded(reason, _stopSequence, _usage), events);
    }

    private void Start(ICollection<AnswerEvent> events)
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            events.Add(new AnswerStarted(default, default, null, _usage));
        }
    }

    private abstract class OpenBlock(int id)
    {
        protected int Id => id;

        public abstract void Take(in AnthropicDelta delta, ICollection<AnswerEvent> events);

        public virtual void Close(ICollection<AnswerEvent> events) => events.Add(new BlockClosed(id));
    }

    private sealed class TextBlock(int id) : OpenBlock(id)
    {
        public override void Take(in AnthropicDelta delta, ICollection<AnswerEvent> events)
        {
            if (delta.Citation.IsPresent)
            {
                events.Add(new BlockAnnotated(Id, Citation.Read(delta.Citation)));
            }
            else if (!delta.Text.IsEmpty)
            {
                events.Add(new BlockDelta(Id, delta.Text));
            }
        }
    }

    private sealed class ThinkingBlock(int id) : OpenBlock(id)
    {
        /// <summary>Held until the block closes; the last one counts.</summary>
        public JsonText Signature { get; set; }

        public override void Take(in AnthropicDelta delta, ICollection<AnswerEvent> events)
        {
            if (!delta.Signature.IsEmpty)
            {
                Signature = delta.Signature.Detach();
            }

            if (!delta.Thinking.IsEmpty)
            {
                events.Add(new BlockDelta(Id, delta.Thinking));
            }
        }

        public override void Close(ICollection<AnswerEvent> events) => events.Add(new BlockClosed(Id, Signature));
    }

    private sealed class ToolBlock(int id) : OpenBlock(id)
    {
        /// <summary>Input that the start brought along; counts only when no delta follows.</summary>
        public JsonText InitialInput { get; set; }

        public override void Take(in AnthropicDelta delta, ICollection<AnswerEvent> events)
        {
            if (!delta.PartialJson.IsEmpty)
            {
                InitialInput = default;
                events.Add(new BlockDelta(Id, delta.PartialJson));
            }
        }

        public override void Close(ICollection<AnswerEvent> events)
        {
            if (InitialInput.IsPresent)
            {
                events.Add(new BlockDelta(Id, InitialInput));
            }

            base.Close(events);
        }
    }

    /// <summary>Redacted thinking and blocks of built-in tools: their deltas concern nobody else.</summary>
    private sealed class OpaqueBlock(int id) : OpenBlock(id)
    {
        public override void Take(in AnthropicDelta delta, ICollection<AnswerEvent> events)
        {
        }
    }
}
