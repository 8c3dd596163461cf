using System.Buffers;

namespace Proxy.Protocol.Answers;

/// <summary>Writes one dialect's stream. One instance per answer. Emits nothing after a terminal event.</summary>
public interface IAnswerStreamWriter
{
    /// <summary>Where the stream stands: the error that ends a broken one goes on from there.</summary>
    StreamPosition Position { get; }

    /// <summary>
    /// Appends the frames, if any, that this event becomes. Nothing for <see cref="AnswerFailed"/>: a failure is
    /// classified first, and written by the exchange.
    /// </summary>
    void Write(AnswerEvent @event, IBufferWriter<byte> output);
}

/// <summary>Collects events and writes one dialect's single JSON answer.</summary>
public interface ISingleAnswerWriter
{
    /// <summary>Takes the next event; copies what it keeps.</summary>
    void Add(AnswerEvent @event);

    /// <summary>Writes the answer. Call after <see cref="AnswerEnded"/>.</summary>
    void Write(IBufferWriter<byte> output);
}
