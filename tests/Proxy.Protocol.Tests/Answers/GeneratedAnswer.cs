using System.Text;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>
/// A valid answer built from a list of choices: any order, blocks interleaved. Fewer and smaller choices give a smaller
/// answer, so that a failing case shrinks.
/// </summary>
internal sealed class GeneratedAnswer
{
    private static readonly string[] Words =
        ["a", " b\\n", "\\\"q\\\"", "é", "😀", "\\ud83d\\ude00", "\\u0041", "<&>", "\\\\", "{\\\"x\\\":", "data: x", "\\t1", "/"];

    private static readonly string[] Arguments =
        ["", "{}", "{\"a\":1}", "{\"input\":\"x \\\"q\\\" \\n y\"}", "{\"n\":12345678901234567890,\"f\":1.10}", "{\"deep\":{\"b\":[1,2,{\"c\":null}]},\"é\":\"😀<\"}"];

    private readonly List<Block> _open = [];
    private readonly List<Block> _blocks = [];
    private readonly StringBuilder _textInTime = new();
    private readonly StringBuilder _refusalInTime = new();
    private readonly StringBuilder _reasoningInTime = new();
    private int _firstWords;

    private sealed class Block(int id, BlockKind kind)
    {
        public int Id => id;

        public BlockKind Kind => kind;

        public StringBuilder Said { get; } = new();

        public int FirstWord { get; set; } = int.MaxValue;

        public string Name { get; init; } = string.Empty;

        public string Rest { get; set; } = string.Empty;

        public string Whole { get; init; } = string.Empty;

        public string Opaque { get; init; } = string.Empty;

        public string? Signature { get; set; }
    }

    public GeneratedAnswer(int[] choices)
    {
        Events.Add(new AnswerStarted(JsonText.FromString("up_1"), JsonText.FromString("up-model"), 1790000001, new Usage(10, 5, null, 1, null)));
        foreach (var choice in choices)
        {
            Step(Math.Abs(choice % 100_000));
        }

        while (_open.Count > 0)
        {
            Close(_open[0], _open.Count);
        }

        Reason = ChooseReason(choices.Length + (choices.Length == 0 ? 0 : Math.Abs(choices[0] % 1000)));
        Events.Add(new AnswerEnded(Reason, Reason == StopReason.StopSequence ? JsonText.FromString("END") : default, new Usage(null, null, null, 42, 7)));
    }

    public List<AnswerEvent> Events { get; } = [];

    public StopReason Reason { get; }

    public bool HasRefused => _blocks.Exists(block => block.Kind == BlockKind.Refusal && block.Said.Length > 0);

    public bool HasCalls => _blocks.Exists(block => block.Kind is BlockKind.ToolCall or BlockKind.CustomToolCall);

    public string TextInTime => _textInTime.ToString();

    public string RefusalInTime => _refusalInTime.ToString();

    public string ReasoningInTime => _reasoningInTime.ToString();

    public string TextByFirstWord(BlockKind kind) => string.Concat(_blocks.Where(block => block.Kind == kind).OrderBy(block => block.FirstWord).Select(block => block.Said));

    public string TextByOpening(params BlockKind[] kinds) => string.Concat(_blocks.Where(block => kinds.Contains(block.Kind)).Select(block => block.Said));

    public IEnumerable<string> Signatures => _blocks.Where(block => block.Signature is not null).Select(block => block.Signature!);

    public IEnumerable<string> Redacted => _blocks.Where(block => block.Kind == BlockKind.RedactedReasoning).Select(block => block.Opaque);

    /// <summary>Name, whole input, and whether it is a custom tool's plain text.</summary>
    public IEnumerable<(string Name, string Input, bool IsCustom)> Calls => _blocks
        .Where(block => block.Kind is BlockKind.ToolCall or BlockKind.CustomToolCall)
        .Select(block => (block.Name, block.Kind == BlockKind.CustomToolCall ? block.Said.ToString() : block.Whole, block.Kind == BlockKind.CustomToolCall));

    private void Step(int choice)
    {
        var detail = choice / 10;
        switch (choice % 10)
        {
            case 0 or 1 when _open.Count < 4:
                Open(detail);
                break;
            case 2 when _open.Count > 0:
                Close(_open[detail % _open.Count], detail);
                break;
            case 3 when _open.Count > 0 && _open[detail % _open.Count] is { Kind: BlockKind.Reasoning } block:
                Events.Add(new ReasoningPartStarted(block.Id));
                block.Said.Append("\n\n");
                _reasoningInTime.Append("\n\n");
                break;
            default:
                if (_open.Count > 0)
                {
                    Say(_open[detail % _open.Count], detail / 4);
                }

                break;
        }
    }

    private void Open(int detail)
    {
        var id = _blocks.Count;
        var kind = (detail % 8) switch
        {
            0 or 1 => BlockKind.Text,
            2 => BlockKind.Reasoning,
            3 or 4 => BlockKind.ToolCall,
            5 => BlockKind.CustomToolCall,
            6 => BlockKind.RedactedReasoning,
            _ => detail % 3 == 0 ? BlockKind.Refusal : detail % 3 == 1 ? BlockKind.Foreign : BlockKind.Text,
        };
        var arguments = kind == BlockKind.ToolCall ? Arguments[detail / 8 % Arguments.Length] : string.Empty;
        var block = new Block(id, kind) { Name = $"tool_{detail % 5}", Rest = arguments, Whole = arguments, Opaque = $"hidden{id}" };
        _blocks.Add(block);
        _open.Add(block);
        Events.Add(kind switch
        {
            BlockKind.ToolCall or BlockKind.CustomToolCall => new BlockOpened(id, kind, JsonText.FromString($"call_{id}"), JsonText.FromString(block.Name)),
            BlockKind.RedactedReasoning => new BlockOpened(id, kind, Opaque: JsonText.FromString(block.Opaque)),
            BlockKind.Foreign => new BlockOpened(id, kind, Raw: new JsonRaw("{\"type\":\"web_search_call\"}"u8.ToArray())),
            _ => new BlockOpened(id, kind),
        });
    }

    private void Say(Block block, int detail)
    {
        if (block.Kind is BlockKind.RedactedReasoning or BlockKind.Foreign)
        {
            return;
        }

        if (block.Kind == BlockKind.ToolCall)
        {
            var length = Math.Min(block.Rest.Length, 1 + (detail % 7));
            if (length < block.Rest.Length && char.IsHighSurrogate(block.Rest[length - 1]))
            {
                length++;
            }

            var piece = block.Rest[..length];
            block.Rest = block.Rest[length..];
            Events.Add(new BlockDelta(block.Id, JsonText.FromString(piece)));
            return;
        }

        var token = new JsonText(Encoding.UTF8.GetBytes($"\"{Words[detail % Words.Length]}\""));
        var said = token.ToString();
        Events.Add(new BlockDelta(block.Id, token));
        block.Said.Append(said);
        block.FirstWord = Math.Min(block.FirstWord, _firstWords++);
        (block.Kind switch
        {
            BlockKind.Text => _textInTime,
            BlockKind.Refusal => _refusalInTime,
            BlockKind.Reasoning => _reasoningInTime,
            _ => null,
        })?.Append(said);
    }

    private void Close(Block block, int detail)
    {
        while (block.Rest.Length > 0)
        {
            Say(block, detail);
        }

        block.Signature = block.Kind == BlockKind.Reasoning && detail % 2 == 0 ? $"sig{block.Id}" : null;
        Events.Add(new BlockClosed(block.Id, block.Signature is null ? default : JsonText.FromString(block.Signature)));
        _open.Remove(block);
    }

    private StopReason ChooseReason(int number)
    {
        StopReason[] possible = HasCalls ? [StopReason.ToolUse, StopReason.MaxTokens]
            : HasRefused ? [StopReason.Refusal, StopReason.MaxTokens]
            : [StopReason.EndTurn, StopReason.MaxTokens, StopReason.Refusal, StopReason.StopSequence, StopReason.ContextWindow, StopReason.PauseTurn];
        return possible[number % possible.Length];
    }
}
