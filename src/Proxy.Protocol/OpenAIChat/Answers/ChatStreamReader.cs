using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>
/// Reads the chunks of a chat completion (spec/wire-protocols.md 2.3). The answer is complete at <c>[DONE]</c>, or where
/// the stream closes after a finish reason; a stream that closes without either is cut. Usage may come after the
/// finish reason, so the end is told only then (spec/protocols.md 7.2).
/// </summary>
public sealed class ChatStreamReader : AnswerStreamReader
{
    private readonly List<ChatOpenCall> _calls = [];
    private readonly Func<int> _nextBlock;
    private Words? _words;
    private Usage _usage = Usage.Unknown;
    private StopReason? _reason;
    private bool _hasStarted;
    private bool _hasRefused;

    /// <summary>Stands before the first chunk.</summary>
    public ChatStreamReader() => _nextBlock = NextBlock;

    /// <summary>The block of text, refusal or reasoning that is open: at most one.</summary>
    private sealed record Words(BlockKind Kind, int Block);

    /// <inheritdoc />
    public override bool Complete(ICollection<AnswerEvent> events)
    {
        if (!IsOver && _reason is { } reason)
        {
            End(new AnswerEnded(reason, default, _usage), events);
        }

        return IsOver;
    }

    /// <inheritdoc />
    protected override void ReadData(ReadOnlyMemory<byte> eventName, ReadOnlyMemory<byte> data, ICollection<AnswerEvent> events)
    {
        if (data.Span.Trim(" \t"u8).StartsWith("[DONE]"u8))
        {
            OnDone(events);
            return;
        }

        var chunk = ChatChunk.Read(data, "delta"u8);
        if (chunk.IsError || eventName.Span.SequenceEqual("error"u8))
        {
            Fail(UpstreamErrorReader.Read(data), events);
            return;
        }

        _usage = chunk.Usage is null ? _usage : _usage.With(chunk.Usage);
        if (!chunk.HasChoice)
        {
            return;
        }

        if (!_hasStarted)
        {
            Start(new AnswerStarted(chunk.Id, chunk.Model, chunk.Created, _usage), events);
        }

        if (_reason is not null)
        {
            // Content after the finish reason is nobody's (spec/protocols.md 7.2).
            return;
        }

        ReadDelta(chunk.Delta, events);
        if (chunk.FinishReason.IsPresent)
        {
            Finish(chunk.FinishReason, events);
        }
    }

    private void ReadDelta(in ChatDelta delta, ICollection<AnswerEvent> events)
    {
        Say(BlockKind.Reasoning, delta.Thoughts, events);
        Say(BlockKind.Text, delta.Content, events);
        if (_words is { Kind: BlockKind.Text } text)
        {
            delta.Cite(text.Block, events);
        }

        if (!delta.Refusal.IsEmpty)
        {
            _hasRefused = true;
            Say(BlockKind.Refusal, delta.Refusal, events);
        }

        if (delta.ToolCalls.IsArray)
        {
            var entries = new JsonCursor(delta.ToolCalls.Utf8);
            for (var inside = entries.EnterArray(); inside && entries.NextElement();)
            {
                Take(ChatToolCall.Read(ref entries), events);
            }
        }

        if (delta.FunctionCall.IsObject)
        {
            var cursor = new JsonCursor(delta.FunctionCall.Utf8);
            JsonText name = default, arguments = default;
            ChatToolCall.ReadFunction(ref cursor, ref name, ref arguments);
            Take(new ChatToolCall(0, default, name, arguments, IsCustom: false), events);
        }
    }

    /// <summary>Words are a string or, with some servers, a list of strings and of parts with a <c>text</c> (E116).</summary>
    private void Say(BlockKind kind, JsonRaw words, ICollection<AnswerEvent> events)
    {
        if (words.IsString)
        {
            Say(kind, words.AsText(), events);
        }
        else if (words.IsArray)
        {
            var parts = new JsonCursor(words.Utf8);
            for (var inside = parts.EnterArray(); inside && parts.NextElement();)
            {
                Say(kind, ChatWords.Read(ref parts), events);
            }
        }
    }

    private void Say(BlockKind kind, JsonText fragment, ICollection<AnswerEvent> events)
    {
        if (fragment.IsEmpty)
        {
            return;
        }

        if (_words is null || _words.Kind != kind)
        {
            CloseWords(events);
            _words = new Words(kind, NextBlock());
            events.Add(new BlockOpened(_words.Block, kind));
        }

        events.Add(new BlockDelta(_words.Block, fragment));
    }

    private void CloseWords(ICollection<AnswerEvent> events)
    {
        if (_words is not null)
        {
            events.Add(new BlockClosed(_words.Block));
            _words = null;
        }
    }

    private void Take(in ChatToolCall piece, ICollection<AnswerEvent> events)
    {
        CloseWords(events);
        CallFor(piece).Take(piece, _nextBlock, events);
    }

    /// <summary>Another id under a known index is another call (spec/protocols.md 8.2); without an index the id decides, and without both the last call goes on.</summary>
    private ChatOpenCall CallFor(in ChatToolCall piece)
    {
        for (var i = _calls.Count - 1; i >= 0; i--)
        {
            var call = _calls[i];
            var isSameIndex = piece.Index is null || piece.Index == call.Index;
            var isSameId = !piece.Id.IsPresent || !call.Id.IsPresent || piece.Id == call.Id;
            if (isSameIndex && isSameId)
            {
                return call;
            }
        }

        var opened = new ChatOpenCall(piece.Index ?? _calls.Count);
        _calls.Add(opened);
        return opened;
    }

    private void Finish(JsonText word, ICollection<AnswerEvent> events)
    {
        CloseWords(events);
        var hasCalls = false;
        foreach (var call in _calls.OrderBy(call => call.Index))
        {
            hasCalls |= call.Close(_nextBlock, events);
        }

        _reason = ChatFinishReasons.Read(word, hasCalls, _hasRefused);
    }

    private void OnDone(ICollection<AnswerEvent> events)
    {
        if (!_hasStarted)
        {
            Fail(UpstreamErrorReader.Unreadable(default), events);
            return;
        }

        if (_reason is null)
        {
            // E104: no finish reason at [DONE]; fine, unless the stream ends inside of a call's arguments.
            if (_calls.Exists(call => !call.HasWholeInput))
            {
                Fail(UpstreamErrorReader.Unreadable(default), events);
                return;
            }

            Finish(default, events);
        }

        Complete(events);
    }

    private void Start(AnswerStarted started, ICollection<AnswerEvent> events)
    {
        _hasStarted = true;
        events.Add(started);
    }
}
