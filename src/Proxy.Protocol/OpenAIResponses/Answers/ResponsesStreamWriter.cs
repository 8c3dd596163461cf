using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>
/// Writes a Responses stream in the canonical order (spec/wire-protocols.md 3.3, spec/protocols.md 6.2). Text and
/// refusal blocks that nothing else stands between are parts of one message (E113); a block of words shows with its
/// first word. Blocks of built-in tools of other dialects leave no gap (E156).
/// </summary>
public sealed class ResponsesStreamWriter(RequestEcho echo) : AnswerStreamWriter
{
    private readonly Dictionary<int, BlockOpened> _silent = [];
    private readonly Dictionary<int, OutputBlock> _blocks = [];
    private Dictionary<int, List<Citation>>? _early;
    private readonly ResponsesEvents _events = new();
    private ResponseEnvelope? _envelope;
    private ResponsesOutput? _output;
    private OutputMessage? _message;
    private bool _hasRefused;

    /// <inheritdoc />
    public override StreamPosition Position =>
        _envelope is null ? new StreamPosition(0, default, JsonText.FromString(echo.AskedModel), echo.CreatedAt)
        : new StreamPosition(_events.Next, _envelope.Id, _envelope.Model, _envelope.CreatedAt);

    /// <inheritdoc />
    protected override void Begin(AnswerStarted started, IBufferWriter<byte> output)
    {
        _envelope = new ResponseEnvelope(started.Id, started.CreatedAt, echo);
        _output = new ResponsesOutput(_envelope, echo);
        _events.Response("response.created"u8, _envelope.WriteInProgress, output);
        _events.Response("response.in_progress"u8, _envelope.WriteInProgress, output);
    }

    /// <inheritdoc />
    protected override void Open(BlockOpened opened, IBufferWriter<byte> output)
    {
        var items = _output!;
        switch (opened.Kind)
        {
            case BlockKind.Text or BlockKind.Refusal:
                _silent[opened.Block] = opened;
                break;
            case BlockKind.Reasoning:
                LeaveMessage(output);
                var reasoning = new OutputThoughts(Announce(items.AddReasoning(), output), _events);
                reasoning.StartPart(output);
                _blocks[opened.Block] = reasoning;
                break;
            case BlockKind.RedactedReasoning:
                LeaveMessage(output);
                var hidden = items.AddReasoning();
                hidden.EncryptedContent = ReasoningCarrier.Wrap(opened.Opaque);
                _blocks[opened.Block] = new OutputHidden(Announce(hidden, output), _events);
                break;
            case BlockKind.ToolCall or BlockKind.CustomToolCall:
                LeaveMessage(output);
                var call = Announce(items.AddCall(opened.Block, opened.Kind, opened.CallId, opened.Name, opened.IsNameMadeUp), output);
                _blocks[opened.Block] = new OutputInput(call, call.IsCustom && opened.Kind == BlockKind.ToolCall, _events);
                break;
        }
    }

    private T Announce<T>(T item, IBufferWriter<byte> output)
        where T : OutputItem
    {
        _events.Item("response.output_item.added"u8, item, output);
        return item;
    }

    private OutputWords? OpenWords(int block, IBufferWriter<byte> output)
    {
        if (!_silent.Remove(block, out var opened) || _output is null)
        {
            return null;
        }

        _message ??= Announce(_output.AddMessage(), output);
        var part = new OutputPart(_message, _message.Parts.Count, opened.Kind == BlockKind.Refusal);
        _message.Parts.Add(part);
        _hasRefused |= part.IsRefusal;
        _events.WholePart("response.content_part.added"u8, part, JsonText.Empty, output);
        var words = new OutputWords(part, _events);
        if (_early is not null && _early.Remove(block, out var waiting))
        {
            waiting.ForEach(words.Cite);
        }

        _blocks[block] = words;
        return words;
    }

    /// <inheritdoc />
    protected override void Say(int block, JsonText fragment, IBufferWriter<byte> output) =>
        (_blocks.TryGetValue(block, out var spoken) ? spoken : OpenWords(block, output))?.Say(fragment, output);

    /// <summary>A citation may come before the first word of its block, and then waits for it.</summary>
    protected override void Annotate(int block, Citation citation, IBufferWriter<byte> output)
    {
        if (_blocks.TryGetValue(block, out var spoken))
        {
            spoken.Cite(citation.Detach());
        }
        else if (_silent.ContainsKey(block))
        {
            _early ??= [];
            (_early.TryGetValue(block, out var waiting) ? waiting : _early[block] = []).Add(citation.Detach());
        }
    }

    /// <inheritdoc />
    protected override void StartPart(int block, IBufferWriter<byte> output)
    {
        if (_blocks.TryGetValue(block, out var reasoning))
        {
            reasoning.StartPart(output);
        }
    }

    /// <inheritdoc />
    protected override void Close(BlockClosed closed, IBufferWriter<byte> output)
    {
        _silent.Remove(closed.Block);
        if (_blocks.Remove(closed.Block, out var block))
        {
            block.Close(closed.Signature, output);
            foreach (var item in _output!.Items)
            {
                if (item is OutputMessage message && !ReferenceEquals(message, _message))
                {
                    EndMessage(message, output);
                }
            }
        }
    }

    /// <summary>Another item begins: the message takes no more parts, and ends once those that it has are done (E156).</summary>
    private void LeaveMessage(IBufferWriter<byte> output)
    {
        if (_message is { } message)
        {
            _message = null;
            EndMessage(message, output);
        }
    }

    private void EndMessage(OutputMessage message, IBufferWriter<byte> output)
    {
        if (!message.IsDone && message.Parts.TrueForAll(part => part.IsDone))
        {
            message.IsDone = true;
            _events.Item("response.output_item.done"u8, message, output);
        }
    }

    /// <inheritdoc />
    protected override void End(AnswerEnded ended, IBufferWriter<byte> output)
    {
        var items = _output!;
        foreach (var (_, block) in _blocks.OrderBy(pair => pair.Key))
        {
            block.Close(default, output);
        }

        LeaveMessage(output);
        foreach (var item in items.Items)
        {
            if (item is OutputMessage message)
            {
                EndMessage(message, output);
            }
        }

        _events.Response(
            ResponseEndings.EventName(ended.Reason, _hasRefused),
            final => _envelope!.WriteFinal(ended.Reason, _hasRefused, items.Items, ended.Usage, final),
            output);
    }
}
