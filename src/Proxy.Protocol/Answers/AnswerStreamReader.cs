using System.Text.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Answers;

/// <summary>
/// What the stream readers of all dialects have in common: block ids are counted, nothing is read after the end, and
/// a frame that breaks the grammar ends the answer as failed.
/// </summary>
public abstract class AnswerStreamReader : IAnswerStreamReader
{
    private int _nextBlock;

    /// <summary>The terminal event has been read, or an error.</summary>
    protected bool IsOver { get; private set; }

    /// <inheritdoc />
    public void Read(in SseFrame frame, ICollection<AnswerEvent> events)
    {
        if (IsOver || frame.Data.IsEmpty)
        {
            return;
        }

        try
        {
            ReadData(frame.EventName, frame.Data, events);
        }
        catch (JsonException)
        {
            Fail(UpstreamErrorReader.Unreadable(frame.Data), events);
        }
    }

    /// <inheritdoc />
    public abstract bool Complete(ICollection<AnswerEvent> events);

    /// <summary>Reads one frame.</summary>
    /// <exception cref="JsonException">The frame is not valid.</exception>
    protected abstract void ReadData(ReadOnlyMemory<byte> eventName, ReadOnlyMemory<byte> data, ICollection<AnswerEvent> events);

    /// <summary>The id of a block that opens now.</summary>
    protected int NextBlock() => _nextBlock++;

    /// <summary>Ends the answer well.</summary>
    protected void End(AnswerEnded ended, ICollection<AnswerEvent> events)
    {
        IsOver = true;
        events.Add(ended);
    }

    /// <summary>Ends the answer with the upstream's error.</summary>
    protected void Fail(UpstreamErrorBody error, ICollection<AnswerEvent> events)
    {
        IsOver = true;
        events.Add(new AnswerFailed(error));
    }
}
