using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Answers;

/// <summary>Reads one dialect's stream. One instance per attempt, with explicit state per open block.</summary>
public interface IAnswerStreamReader
{
    /// <summary>Reads one frame and appends what it means to <paramref name="events"/>. Never throws on bad input: a frame that is not valid becomes <see cref="AnswerFailed"/>.</summary>
    void Read(in SseFrame frame, ICollection<AnswerEvent> events);

    /// <summary>The upstream closed. Appends <see cref="AnswerEnded"/> only where the dialect allows an end without a terminal event.</summary>
    /// <returns>True when the answer is complete, false when it was cut.</returns>
    bool Complete(ICollection<AnswerEvent> events);
}

/// <summary>Reads one dialect's single JSON answer into the same events, in a valid order.</summary>
public interface ISingleAnswerReader
{
    /// <summary>Reads the whole body.</summary>
    void Read(ReadOnlyMemory<byte> body, ICollection<AnswerEvent> events);
}
