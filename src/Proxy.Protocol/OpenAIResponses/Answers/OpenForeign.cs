using Proxy.Protocol.Answers;

namespace Proxy.Protocol.OpenAIResponses.Answers;

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
