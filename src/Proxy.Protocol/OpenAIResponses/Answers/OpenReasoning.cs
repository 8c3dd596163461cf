using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

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
