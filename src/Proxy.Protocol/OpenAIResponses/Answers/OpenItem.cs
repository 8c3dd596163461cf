using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>An output item that the stream has begun, with what is known of it. Kept after its end, so that the final <c>output</c> is not told twice.</summary>
internal abstract class OpenItem(Func<int> nextBlock)
{
    /// <summary>Its id; absent while not told.</summary>
    public JsonText Id { get; set; }

    /// <summary>The upstream's number of it; null while not told.</summary>
    public long? OutputIndex { get; set; }

    /// <summary>It is complete.</summary>
    public bool IsDone { get; private set; }

    /// <summary>True when it has led to any event.</summary>
    public abstract bool HasSpoken { get; }

    protected int NextBlock() => nextBlock();

    /// <summary>Takes the whole item, which holds all that the deltas did or did not tell, and closes it.</summary>
    public void Complete(in ResponsesItem item, ICollection<AnswerEvent> events)
    {
        if (!IsDone)
        {
            IsDone = true;
            Hydrate(item, events);
            CloseBlocks(events);
        }
    }

    /// <summary>The answer is over and the item was never completed.</summary>
    public void Close(ICollection<AnswerEvent> events)
    {
        if (!IsDone)
        {
            IsDone = true;
            CloseBlocks(events);
        }
    }

    /// <summary>Takes what is new in the item as far as it is known.</summary>
    public abstract void Hydrate(in ResponsesItem item, ICollection<AnswerEvent> events);

    protected abstract void CloseBlocks(ICollection<AnswerEvent> events);

    /// <summary>The state for an item of this type.</summary>
    public static OpenItem For(in ResponsesItem item, Func<int> nextBlock) =>
        item.IsMessage ? new OpenMessage(nextBlock)
        : item.IsReasoning ? new OpenReasoning(nextBlock)
        : item.IsFunctionCall || item.IsCustomCall ? new OpenCall(nextBlock, item.IsCustomCall)
        : new OpenForeign(nextBlock);
}

/// <summary>A message: one block per content part.</summary>
internal sealed class OpenMessage(Func<int> nextBlock) : OpenItem(nextBlock)
{
    private readonly Dictionary<long, Part> _parts = [];

    private sealed class Part(int block)
    {
        public int Block => block;

        public bool HasWords { get; set; }

        public bool IsClosed { get; set; }
    }

    /// <summary>The model has refused in words.</summary>
    public bool HasRefused { get; private set; }

    public override bool HasSpoken => _parts.Values.Any(part => part.HasWords);

    public void OpenPart(long position, BlockKind kind, ICollection<AnswerEvent> events) => PartAt(position, kind, events);

    public void Say(long position, BlockKind kind, JsonText fragment, ICollection<AnswerEvent> events)
    {
        var part = PartAt(position, kind, events);
        if (!fragment.IsEmpty && !part.IsClosed)
        {
            part.HasWords = true;
            events.Add(new BlockDelta(part.Block, fragment));
        }
    }

    /// <summary>Takes the whole text of a part: news only when no delta has told it (E87).</summary>
    public void SayWhole(long position, BlockKind kind, JsonText whole, ICollection<AnswerEvent> events)
    {
        if (!whole.IsEmpty && !PartAt(position, kind, events).HasWords)
        {
            Say(position, kind, whole, events);
        }
    }

    public void Annotate(long position, JsonRaw annotation, ICollection<AnswerEvent> events)
    {
        if (_parts.TryGetValue(position, out var part) && !part.IsClosed && annotation.IsObject)
        {
            events.Add(new BlockAnnotated(part.Block, annotation));
        }
    }

    public void ClosePart(long position, ICollection<AnswerEvent> events)
    {
        if (_parts.TryGetValue(position, out var part) && !part.IsClosed)
        {
            part.IsClosed = true;
            events.Add(new BlockClosed(part.Block));
        }
    }

    public override void Hydrate(in ResponsesItem item, ICollection<AnswerEvent> events)
    {
        if (!item.Content.IsArray)
        {
            return;
        }

        var position = 0;
        var cursor = new JsonCursor(item.Content.Utf8);
        for (var inside = cursor.EnterArray(); inside && cursor.NextElement(); position++)
        {
            var part = ResponsesPart.Read(ref cursor);
            if (part.IsText || part.IsRefusal)
            {
                Take(position, part, events);
            }
        }
    }

    /// <summary>Takes a whole part.</summary>
    public void Take(long position, in ResponsesPart part, ICollection<AnswerEvent> events)
    {
        var isNew = !_parts.ContainsKey(position);
        SayWhole(position, part.IsRefusal ? BlockKind.Refusal : BlockKind.Text, part.Words, events);
        if (isNew && part.Annotations.IsArray)
        {
            var cursor = new JsonCursor(part.Annotations.Utf8);
            for (var inside = cursor.EnterArray(); inside && cursor.NextElement();)
            {
                Annotate(position, cursor.Raw(), events);
            }
        }
    }

    protected override void CloseBlocks(ICollection<AnswerEvent> events)
    {
        foreach (var position in _parts.Keys.Order())
        {
            ClosePart(position, events);
        }
    }

    private Part PartAt(long position, BlockKind kind, ICollection<AnswerEvent> events)
    {
        if (!_parts.TryGetValue(position, out var part))
        {
            part = new Part(NextBlock());
            _parts.Add(position, part);
            HasRefused |= kind == BlockKind.Refusal;
            events.Add(new BlockOpened(part.Block, kind));
        }

        return part;
    }
}

/// <summary>
/// Reasoning: one block, however many parts (E74). It stays open until the item is done, for only then the final
/// encrypted content is known (E75, E140).
/// </summary>
internal sealed class OpenReasoning(Func<int> nextBlock) : OpenItem(nextBlock)
{
    private JsonText _earlySignature;
    private JsonText _signature;
    private bool? _saysSummary;
    private long _position;
    private int? _block;

    public override bool HasSpoken => _block is not null;

    public void Announce(JsonText encryptedContent) => _earlySignature = encryptedContent.Detach();

    public void StartPart(long position, ICollection<AnswerEvent> events) => MoveTo(position, events);

    /// <summary>Summary and full text may both come; the kind that comes first is told (E153).</summary>
    public void Say(bool isSummary, long position, JsonText fragment, ICollection<AnswerEvent> events)
    {
        _saysSummary ??= isSummary;
        if (_saysSummary == isSummary && !fragment.IsEmpty)
        {
            HasWordsAt = position;
            events.Add(new BlockDelta(MoveTo(position, events), fragment));
        }
    }

    /// <summary>Takes the whole text of a part: news only when no delta has told it.</summary>
    public void SayWhole(bool isSummary, long position, JsonText whole, ICollection<AnswerEvent> events)
    {
        if (HasWordsAt < position)
        {
            Say(isSummary, position, whole, events);
        }
    }

    private long HasWordsAt { get; set; } = -1;

    public override void Hydrate(in ResponsesItem item, ICollection<AnswerEvent> events)
    {
        _signature = item.EncryptedContent;
        HydrateFrom(item.Summary, isSummary: true, events);
        HydrateFrom(item.Content, isSummary: false, events);
    }

    protected override void CloseBlocks(ICollection<AnswerEvent> events)
    {
        var signature = _signature.IsPresent ? _signature : _earlySignature;
        if (_block is null && signature.IsPresent)
        {
            MoveTo(0, events);
        }

        if (_block is { } block)
        {
            events.Add(new BlockClosed(block, signature));
        }
    }

    private void HydrateFrom(JsonRaw parts, bool isSummary, ICollection<AnswerEvent> events)
    {
        if (!parts.IsArray)
        {
            return;
        }

        var position = 0;
        var cursor = new JsonCursor(parts.Utf8);
        for (var inside = cursor.EnterArray(); inside && cursor.NextElement(); position++)
        {
            SayWhole(isSummary, position, ResponsesPart.Read(ref cursor).Words, events);
        }
    }

    private int MoveTo(long position, ICollection<AnswerEvent> events)
    {
        if (_block is null)
        {
            _block = NextBlock();
            _position = position;
            events.Add(new BlockOpened(_block.Value, BlockKind.Reasoning));
        }
        else if (position > _position)
        {
            _position = position;
            events.Add(new ReasoningPartStarted(_block.Value));
        }

        return _block.Value;
    }
}

/// <summary>A call of a function or a custom tool. Opens once its name is known, which may be as late as its end (E85).</summary>
internal sealed class OpenCall(Func<int> nextBlock, bool isCustom) : OpenItem(nextBlock)
{
    private readonly FragmentBuffer _input = new();
    private bool _isCustom = isCustom;
    private JsonText _name;
    private int? _block;

    /// <summary>The id that ties the call to its result; absent while not told.</summary>
    public JsonText CallId { get; private set; }

    public override bool HasSpoken => _block is not null;

    /// <summary>Takes what the item says without its input.</summary>
    public void Announce(in ResponsesItem item, ICollection<AnswerEvent> events)
    {
        _isCustom = item.IsCustomCall;
        Id = item.Id.IsPresent ? item.Id.Detach() : Id;
        CallId = item.CallId.IsPresent ? item.CallId.Detach() : CallId;
        Name(item.Name, events);
    }

    public void Name(JsonText name, ICollection<AnswerEvent> events)
    {
        if (_name.IsPresent || name.IsEmpty)
        {
            return;
        }

        _name = name.Detach();
        _block = NextBlock();
        events.Add(new BlockOpened(_block.Value, _isCustom ? BlockKind.CustomToolCall : BlockKind.ToolCall, CallId.IsPresent ? CallId : Id, _name));
        if (!_input.IsEmpty)
        {
            events.Add(new BlockDelta(_block.Value, _input.ToText()));
        }
    }

    public void Say(JsonText fragment, ICollection<AnswerEvent> events)
    {
        if (fragment.IsEmpty || IsDone)
        {
            return;
        }

        Append(fragment, events);
    }

    /// <summary>Takes the whole input: only what the deltas have not told is news (E84).</summary>
    public void SayWhole(JsonText whole, ICollection<AnswerEvent> events)
    {
        if (whole.IsEmpty)
        {
            return;
        }

        if (_input.IsEmpty)
        {
            Append(whole, events);
        }
        else if (!_input.Escaped.SequenceEqual(whole.Escaped)
            && JsonEscapes.Unescape(whole.Quoted.Span) is { } all
            && JsonEscapes.Unescape(_input.ToText().Quoted.Span) is { } told
            && all.Length > told.Length
            && all.AsSpan().StartsWith(told))
        {
            Append(JsonEscapes.Quote(all.AsSpan(told.Length)), events);
        }
    }

    public override void Hydrate(in ResponsesItem item, ICollection<AnswerEvent> events)
    {
        Announce(item, events);
        SayWhole(item.Input, events);
    }

    protected override void CloseBlocks(ICollection<AnswerEvent> events)
    {
        if (_block is { } block)
        {
            events.Add(new BlockClosed(block));
        }
    }

    private void Append(JsonText fragment, ICollection<AnswerEvent> events)
    {
        _input.Add(fragment);
        if (_block is { } block)
        {
            events.Add(new BlockDelta(block, fragment));
        }
    }
}

/// <summary>An item that only its own dialect knows; told whole when it is done.</summary>
internal sealed class OpenForeign(Func<int> nextBlock) : OpenItem(nextBlock)
{
    private bool _hasSpoken;

    public override bool HasSpoken => _hasSpoken;

    public override void Hydrate(in ResponsesItem item, ICollection<AnswerEvent> events)
    {
        _hasSpoken = true;
        var block = NextBlock();
        events.Add(new BlockOpened(block, BlockKind.Foreign, Raw: item.Raw));
        events.Add(new BlockClosed(block));
    }

    protected override void CloseBlocks(ICollection<AnswerEvent> events)
    {
    }
}
