using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>
/// A call as far as the chunks have told it. It opens once id and name are known, which may come late or in pieces
/// (E90); until then its arguments wait.
/// </summary>
internal sealed class ChatOpenCall(long index)
{
    private readonly FragmentBuffer _input = new();
    private JsonText _name;
    private bool _isCustom;
    private bool _isNameMadeUp;
    private int? _block;

    /// <summary>The upstream's number of the call.</summary>
    public long Index => index;

    /// <summary>Its id; absent while not told.</summary>
    public JsonText Id { get; private set; }

    /// <summary>False while the arguments are not yet the JSON text of one value.</summary>
    public bool HasWholeInput => _isCustom || _input.IsEmpty || IsJson(_input.ToText());

    /// <summary>Takes what one chunk says.</summary>
    public void Take(in ChatToolCall piece, Func<int> nextBlock, ICollection<AnswerEvent> events)
    {
        _isCustom |= piece.IsCustom;
        if (!Id.IsPresent)
        {
            Id = piece.Id.Detach();
        }

        if (!_name.IsPresent)
        {
            _name = piece.Name.Detach();
        }

        if (_block is null && Id.IsPresent && _name.IsPresent)
        {
            Open(nextBlock(), events);
        }

        _input.Add(piece.Input);
        if (_block is { } block && !piece.Input.IsEmpty)
        {
            events.Add(new BlockDelta(block, piece.Input));
        }
    }

    /// <summary>The answer is over: opens the call if enough of it is known (spec/protocols.md 7.2), and closes it.</summary>
    /// <returns>False for a call that says nothing at all.</returns>
    public bool Close(Func<int> nextBlock, ICollection<AnswerEvent> events)
    {
        if (_block is null)
        {
            if (!Id.IsPresent && !_name.IsPresent && _input.IsEmpty)
            {
                return false;
            }

            if (!_name.IsPresent)
            {
                _isNameMadeUp = true;
                _name = JsonText.FromString($"tool_{index}");
            }

            Open(nextBlock(), events);
        }

        events.Add(new BlockClosed(_block!.Value));
        return true;
    }

    private void Open(int block, ICollection<AnswerEvent> events)
    {
        _block = block;
        events.Add(new BlockOpened(block, _isCustom ? BlockKind.CustomToolCall : BlockKind.ToolCall, Id, _name) { IsNameMadeUp = _isNameMadeUp });
        if (!_input.IsEmpty)
        {
            events.Add(new BlockDelta(block, _input.ToText()));
        }
    }

    private static bool IsJson(JsonText text)
    {
        try
        {
            new JsonCursor(JsonEscapes.Unescape(text.Quoted.Span)).Finish();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
