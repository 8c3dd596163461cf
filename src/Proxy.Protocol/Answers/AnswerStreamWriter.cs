using System.Buffers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>
/// What the stream writers of all dialects have in common: the start is written once and before all else, and nothing
/// after the end.
/// </summary>
public abstract class AnswerStreamWriter : IAnswerStreamWriter
{
    private static readonly AnswerStarted Unannounced = new(default, default, null, Usage.Unknown);

    private Usage _usage = Usage.Unknown;
    private bool _hasStarted;
    private bool _isOver;

    /// <inheritdoc />
    public virtual StreamPosition Position => default;

    /// <inheritdoc />
    public void Write(AnswerEvent @event, IBufferWriter<byte> output)
    {
        if (_isOver)
        {
            return;
        }

        switch (@event)
        {
            case BlockDelta delta:
                if (!delta.Fragment.IsEmpty)
                {
                    Say(delta.Block, delta.Fragment, output);
                }

                break;
            case BlockOpened opened:
                Start(Unannounced, output);
                Open(opened, output);
                break;
            case BlockClosed closed:
                Close(closed, output);
                break;
            case BlockAnnotated { Citation.Url.IsPresent: true } annotated:
                Annotate(annotated.Block, annotated.Citation, output);
                break;
            case SearchTold search:
                Start(Unannounced, output);
                TellSearch(search, output);
                break;
            case ReasoningPartStarted part:
                StartPart(part.Block, output);
                break;
            case AnswerStarted started:
                Start(started, output);
                break;
            case AnswerEnded ended:
                _isOver = true;
                Start(Unannounced, output);
                End(ended with { Usage = _usage.With(ended.Usage) }, output);
                break;
            case AnswerFailed:
                // Classified first, and then written by the exchange.
                _isOver = true;
                break;
        }
    }

    /// <summary>Writes what stands before all blocks.</summary>
    protected abstract void Begin(AnswerStarted started, IBufferWriter<byte> output);

    /// <summary>A block begins, of which the client need not see anything yet.</summary>
    protected abstract void Open(BlockOpened opened, IBufferWriter<byte> output);

    /// <summary>A block, maybe one that was never opened, goes on with at least one character.</summary>
    protected abstract void Say(int block, JsonText fragment, IBufferWriter<byte> output);

    /// <summary>Reasoning goes on with its next part: a blank line, where the dialect knows no parts.</summary>
    protected virtual void StartPart(int block, IBufferWriter<byte> output) => Say(block, CollectedBlock.BlankLine, output);

    /// <summary>A text refers to a page; nothing, where the dialect has no word for it that its client could send back.</summary>
    protected virtual void Annotate(int block, Citation citation, IBufferWriter<byte> output)
    {
    }

    /// <summary>A search of the provider's own; nothing, where the dialect has no word for it.</summary>
    protected virtual void TellSearch(SearchTold search, IBufferWriter<byte> output)
    {
    }

    /// <summary>A block is complete.</summary>
    protected abstract void Close(BlockClosed closed, IBufferWriter<byte> output);

    /// <summary>Writes the end of a good answer; its usage is that of the whole answer.</summary>
    protected abstract void End(AnswerEnded ended, IBufferWriter<byte> output);

    private void Start(AnswerStarted started, IBufferWriter<byte> output)
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            _usage = started.Usage;
            Begin(started, output);
        }
    }
}
