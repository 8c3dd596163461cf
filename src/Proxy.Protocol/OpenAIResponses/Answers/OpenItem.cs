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
        : item.IsSearch ? new OpenSearch(nextBlock)
        : new OpenForeign(nextBlock);
}
