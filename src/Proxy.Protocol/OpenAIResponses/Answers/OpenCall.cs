using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

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
