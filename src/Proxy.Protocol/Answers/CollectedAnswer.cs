using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>An answer put together from its events, on memory of its own: what the single writers write.</summary>
internal sealed class CollectedAnswer
{
    private readonly Dictionary<int, CollectedBlock> _byId = [];
    private readonly List<CollectedBlock> _blocks = [];

    /// <summary>The upstream's id; absent when it gave none.</summary>
    public JsonText Id { get; private set; }

    /// <summary>The upstream's model; absent when it gave none.</summary>
    public JsonText Model { get; private set; }

    /// <summary>Unix seconds; null when not told.</summary>
    public long? CreatedAt { get; private set; }

    /// <summary>The blocks in order of opening.</summary>
    public IReadOnlyList<CollectedBlock> Blocks => _blocks;

    /// <summary>Why it ended.</summary>
    public StopReason Reason { get; private set; }

    /// <summary>The stop sequence that was met; absent otherwise.</summary>
    public JsonText StopSequence { get; private set; }

    /// <summary>The final usage.</summary>
    public Usage Usage { get; private set; } = Usage.Unknown;

    /// <summary>True when a block of this kind is there.</summary>
    public bool Has(BlockKind kind) => _blocks.Exists(block => block.Kind == kind);

    /// <summary>Takes the next event.</summary>
    public void Add(AnswerEvent @event)
    {
        switch (@event)
        {
            case AnswerStarted started:
                Id = started.Id.Detach();
                Model = started.Model.Detach();
                CreatedAt = started.CreatedAt;
                Usage = started.Usage;
                break;
            case BlockOpened opened:
                var block = new CollectedBlock(opened.Block, opened.Kind, opened.CallId.Detach(), opened.Name.Detach(), opened.Opaque.Detach()) { IsNameMadeUp = opened.IsNameMadeUp };
                _byId[opened.Block] = block;
                _blocks.Add(block);
                break;
            case BlockDelta delta when _byId.TryGetValue(delta.Block, out var said):
                said.Parts[^1].Add(delta.Fragment);
                break;
            case SearchTold search:
                _blocks.Add(new CollectedBlock(search.Block, BlockKind.Foreign, default, default, default) { Search = Detached(search) });
                break;
            case ReasoningPartStarted part when _byId.TryGetValue(part.Block, out var reasoning):
                reasoning.Parts.Add(new FragmentBuffer());
                break;
            case BlockAnnotated { Citation.Url.IsPresent: true } annotated when _byId.TryGetValue(annotated.Block, out var noted):
                noted.Citations.Add(annotated.Citation.Detach());
                break;
            case BlockClosed closed when _byId.TryGetValue(closed.Block, out var ended):
                ended.Signature = closed.Signature.IsEmpty ? default : closed.Signature.Detach();
                break;
            case AnswerEnded answer:
                Reason = answer.Reason;
                StopSequence = answer.StopSequence.Detach();
                Usage = Usage.With(answer.Usage);
                break;
        }
    }

    private static SearchTold Detached(SearchTold search) => search with
    {
        Id = search.Id.Detach(),
        Query = search.Query.Detach(),
        Sources = [.. search.Sources.Select(s => new SearchSource(s.Url.Detach(), s.Title.Detach()))],
    };
}

/// <summary>A block of a <see cref="CollectedAnswer"/>.</summary>
internal sealed class CollectedBlock(int id, BlockKind kind, JsonText callId, JsonText name, JsonText opaque)
{
    public int Id => id;

    public BlockKind Kind => kind;

    public JsonText CallId => callId;

    public JsonText Name => name;

    public JsonText Opaque => opaque;

    public bool IsNameMadeUp { get; init; }

    /// <summary>The words; more than one part only for reasoning.</summary>
    public List<FragmentBuffer> Parts { get; } = [new FragmentBuffer()];

    public List<Citation> Citations { get; } = [];

    public JsonText Signature { get; set; }

    /// <summary>The search that this block stands for; null for all other blocks.</summary>
    public SearchTold? Search { get; init; }

    /// <summary>True when no part has a word.</summary>
    public bool IsSilent => Parts.TrueForAll(part => part.IsEmpty);

    /// <summary>All words, the parts of a reasoning put apart by a blank line.</summary>
    public JsonText Words
    {
        get
        {
            if (Parts.Count == 1)
            {
                return Parts[0].ToText();
            }

            var all = new FragmentBuffer();
            foreach (var part in Parts)
            {
                if (!ReferenceEquals(part, Parts[0]))
                {
                    all.Add(BlankLine);
                }

                all.Add(part.ToText());
            }

            return all.ToText();
        }
    }

    /// <summary>What stands between the parts of one reasoning where the dialect has no parts (E74).</summary>
    public static JsonText BlankLine { get; } = new("\"\\n\\n\""u8.ToArray());
}
