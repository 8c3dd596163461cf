using System.Text.Json;

namespace Proxy.Protocol.Answers;

/// <summary>What the readers of single answers have in common: a body that breaks the grammar is a failed answer.</summary>
public abstract class SingleAnswerReader : ISingleAnswerReader
{
    /// <inheritdoc />
    public void Read(ReadOnlyMemory<byte> body, ICollection<AnswerEvent> events)
    {
        try
        {
            ReadBody(body, events);
        }
        catch (JsonException)
        {
            events.Add(new AnswerFailed(UpstreamErrorReader.Unreadable(body)));
        }
    }

    /// <summary>Reads the whole body; adds nothing before it is sure that the body is JSON.</summary>
    /// <exception cref="JsonException">The body is not valid.</exception>
    protected abstract void ReadBody(ReadOnlyMemory<byte> body, ICollection<AnswerEvent> events);
}
