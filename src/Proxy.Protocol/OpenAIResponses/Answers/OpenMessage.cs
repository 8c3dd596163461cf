using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

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
            events.Add(new BlockAnnotated(part.Block, Citation.Read(annotation)));
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
