using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>
/// Reads the events of a Responses stream (spec/wire-protocols.md 3.3), the ChatGPT backend's own ones included, which
/// say nothing here (<c>codex.*</c>, E135). Ends with <c>response.completed</c> or <c>.incomplete</c>; a stream that
/// closes before is cut.
/// </summary>
public sealed class ResponsesStreamReader : AnswerStreamReader
{
    private readonly OpenItems _items = new();
    private readonly Func<int> _nextBlock;
    private bool _hasStarted;

    /// <summary>Stands before the first event.</summary>
    public ResponsesStreamReader() => _nextBlock = NextBlock;

    /// <inheritdoc />
    public override bool Complete(ICollection<AnswerEvent> events) => IsOver;

    /// <inheritdoc />
    protected override void ReadData(ReadOnlyMemory<byte> eventName, ReadOnlyMemory<byte> data, ICollection<AnswerEvent> events)
    {
        var frame = ResponsesFrame.Read(data);
        var type = frame.Type.IsPresent ? frame.Type.Escaped : eventName.Span;
        if (type.StartsWith("codex."u8))
        {
            return;
        }

        // an error by name is one, whatever its data is called
        if (eventName.Span.SequenceEqual("error"u8))
        {
            Fail(UpstreamErrorReader.Read(data), events);
        }
        else if (type.StartsWith("response."u8))
        {
            ReadResponseEvent(type["response."u8.Length..], frame, data, events);
        }
        else if (type.SequenceEqual("error"u8) || frame.HasError)
        {
            Fail(UpstreamErrorReader.Read(data), events);
        }
    }

    private void ReadResponseEvent(ReadOnlySpan<byte> type, in ResponsesFrame frame, ReadOnlyMemory<byte> data, ICollection<AnswerEvent> events)
    {
        if (type.SequenceEqual("output_text.delta"u8))
        {
            Message(frame, events).Say(frame.Position, BlockKind.Text, frame.Delta, events);
        }
        else if (type.SequenceEqual("function_call_arguments.delta"u8) || type.SequenceEqual("custom_tool_call_input.delta"u8))
        {
            Call(frame, type[0] == (byte)'c', events).Say(frame.Delta, events);
        }
        else if (type.SequenceEqual("reasoning_summary_text.delta"u8) || type.SequenceEqual("reasoning_text.delta"u8))
        {
            Reasoning(frame, events).Say(IsSummary(type), frame.Position, frame.Delta, events);
        }
        else if (type.SequenceEqual("output_item.added"u8))
        {
            OnItemAdded(frame, events);
        }
        else if (type.SequenceEqual("output_item.done"u8))
        {
            OnItemDone(frame, events);
        }
        else if (type.SequenceEqual("created"u8) || type.SequenceEqual("in_progress"u8) || type.SequenceEqual("queued"u8))
        {
            Start(frame.Response.IsObject ? ResponsesObject.Read(frame.Response.Utf8) : default, events);
        }
        else if (type.SequenceEqual("completed"u8) || type.SequenceEqual("incomplete"u8) || type.SequenceEqual("done"u8))
        {
            OnEnd(frame, type[0] == (byte)'i', data, events);
        }
        else if (type.SequenceEqual("failed"u8) || type.SequenceEqual("cancelled"u8) || type.SequenceEqual("error"u8))
        {
            Fail(UpstreamErrorReader.Read(data), events);
        }
        else
        {
            ReadPartEvent(type, frame, events);
        }
    }

    private void ReadPartEvent(ReadOnlySpan<byte> type, in ResponsesFrame frame, ICollection<AnswerEvent> events)
    {
        if (type.SequenceEqual("content_part.added"u8) || type.SequenceEqual("content_part.done"u8))
        {
            OnContentPart(type.EndsWith("done"u8), frame, events);
        }
        else if (type.SequenceEqual("output_text.done"u8))
        {
            Message(frame, events).SayWhole(frame.Position, BlockKind.Text, frame.Whole, events);
        }
        else if (type.SequenceEqual("refusal.delta"u8))
        {
            Message(frame, events).Say(frame.Position, BlockKind.Refusal, frame.Delta, events);
        }
        else if (type.SequenceEqual("refusal.done"u8))
        {
            Message(frame, events).SayWhole(frame.Position, BlockKind.Refusal, frame.Whole, events);
        }
        else if (type.SequenceEqual("output_text.annotation.added"u8))
        {
            Message(frame, events).Annotate(frame.Position, frame.Annotation, events);
        }
        else if (type.SequenceEqual("reasoning_summary_part.added"u8))
        {
            Reasoning(frame, events).StartPart(frame.Position, events);
        }
        else if (type.SequenceEqual("reasoning_summary_text.done"u8) || type.SequenceEqual("reasoning_text.done"u8))
        {
            Reasoning(frame, events).SayWhole(IsSummary(type), frame.Position, frame.Whole, events);
        }
        else if (type.SequenceEqual("function_call_arguments.done"u8) || type.SequenceEqual("custom_tool_call_input.done"u8))
        {
            var call = Call(frame, type[0] == (byte)'c', events);
            call.Name(frame.Name, events);
            call.SayWhole(frame.Whole, events);
        }
    }

    private static bool IsSummary(ReadOnlySpan<byte> type) => type.StartsWith("reasoning_summary"u8);

    private void OnContentPart(bool isDone, in ResponsesFrame frame, ICollection<AnswerEvent> events)
    {
        var part = ResponsesPart.Read(frame.Part);
        if (!part.IsText && !part.IsRefusal)
        {
            return;
        }

        var message = Message(frame, events);
        message.OpenPart(frame.Position, part.IsRefusal ? BlockKind.Refusal : BlockKind.Text, events);
        message.Take(frame.Position, part, events);
        if (isDone)
        {
            message.ClosePart(frame.Position, events);
        }
    }

    private void OnItemAdded(in ResponsesFrame frame, ICollection<AnswerEvent> events)
    {
        var item = ResponsesItem.Read(frame.Item);
        switch (Adopt(item, frame.OutputIndex, events))
        {
            case OpenCall call:
                call.Announce(item, events);
                call.SayWhole(item.Input, events);
                break;
            case OpenReasoning reasoning:
                reasoning.Announce(item.EncryptedContent);
                break;
        }
    }

    private void OnItemDone(in ResponsesFrame frame, ICollection<AnswerEvent> events)
    {
        var item = ResponsesItem.Read(frame.Item);
        Adopt(item, frame.OutputIndex, events).Complete(item, events);
    }

    private void OnEnd(in ResponsesFrame frame, bool isIncomplete, ReadOnlyMemory<byte> data, ICollection<AnswerEvent> events)
    {
        var response = frame.Response.IsObject ? ResponsesObject.Read(frame.Response.Utf8) : default;
        if (response.HasFailed)
        {
            Fail(UpstreamErrorReader.Read(data), events);
            return;
        }

        Start(response, events);
        HydrateFrom(response.Output, events);
        _items.Close(events);
        End(response.Ending(isIncomplete, _items.HaveCalls, _items.HaveRefused), events);
    }

    /// <summary>The final output tells what no event has told: open calls, text without deltas (E86, E87). It may as well be empty (E108).</summary>
    private void HydrateFrom(JsonRaw output, ICollection<AnswerEvent> events)
    {
        if (!output.IsArray)
        {
            return;
        }

        var position = 0;
        var cursor = new JsonCursor(output.Utf8);
        for (var inside = cursor.EnterArray(); inside && cursor.NextElement(); position++)
        {
            var item = ResponsesItem.Read(cursor.Raw());
            var known = _items.Find(item, position);
            if (known is null && !_items.IsToldUnderAnotherId(item))
            {
                known = OpenItem.For(item, _nextBlock);
                _items.Add(known);
            }

            known?.Complete(item, events);
        }
    }

    /// <summary>The state of an item that an event holds whole; begun if it is new.</summary>
    private OpenItem Adopt(in ResponsesItem item, long? outputIndex, ICollection<AnswerEvent> events)
    {
        Start(default, events);
        var known = _items.Find(item, outputIndex);
        if (known is null)
        {
            known = OpenItem.For(item, _nextBlock);
            _items.Add(known);
        }

        known.OutputIndex ??= outputIndex;
        if (!known.Id.IsPresent)
        {
            known.Id = item.Id.Detach();
        }

        return known;
    }

    private OpenMessage Message(in ResponsesFrame frame, ICollection<AnswerEvent> events) =>
        _items.Locate<OpenMessage>(frame) ?? Begin(new OpenMessage(_nextBlock), frame, events);

    private OpenReasoning Reasoning(in ResponsesFrame frame, ICollection<AnswerEvent> events) =>
        _items.Locate<OpenReasoning>(frame) ?? Begin(new OpenReasoning(_nextBlock), frame, events);

    private OpenCall Call(in ResponsesFrame frame, bool isCustom, ICollection<AnswerEvent> events) =>
        _items.Locate<OpenCall>(frame) ?? Begin(new OpenCall(_nextBlock, isCustom), frame, events);

    private T Begin<T>(T item, in ResponsesFrame frame, ICollection<AnswerEvent> events)
        where T : OpenItem
    {
        Start(default, events);
        item.Id = frame.ItemId.Detach();
        item.OutputIndex = frame.OutputIndex;
        _items.Add(item);
        return item;
    }

    private void Start(in ResponsesObject response, ICollection<AnswerEvent> events)
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            events.Add(new AnswerStarted(response.Id, response.Model, response.CreatedAt, response.Usage ?? Usage.Unknown));
        }
    }
}
