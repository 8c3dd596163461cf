using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// The way of one attempt's upstream frames to the client's bytes: byte for byte for the same dialect, by events for
/// another one, or gathered into a single JSON. Single-threaded; one per attempt.
/// </summary>
public abstract class AnswerStream
{
    /// <summary>The error that an upstream event reported; set when <see cref="Read"/> says <see cref="FrameKind.Error"/>.</summary>
    public UpstreamErrorBody? Error { get; protected set; }

    /// <summary>The usage reported so far.</summary>
    public Usage Usage { get; protected set; } = Usage.Unknown;

    /// <summary>True once the upstream's terminal event has been read.</summary>
    public bool IsComplete { get; protected set; }

    /// <summary>
    /// Reads one upstream frame and appends to <paramref name="output"/> the client bytes that it becomes, if any.
    /// Nothing is appended for an <see cref="FrameKind.Error"/>, nor after the answer is complete. Never throws on bad
    /// input.
    /// </summary>
    public abstract FrameKind Read(in SseFrame frame, IBufferWriter<byte> output);

    /// <summary>
    /// The upstream closed. Appends what is still missing where its dialect allows an end without a terminal event
    /// (Chat without <c>[DONE]</c>); for a client that wants a single JSON this writes the body.
    /// </summary>
    /// <returns>True when the answer is complete, false when it was cut.</returns>
    public abstract bool Complete(IBufferWriter<byte> output);

    /// <summary>After commit: appends the dialect's in-stream error. The caller then closes; never a clean end.</summary>
    public abstract void WriteFailure(Failure failure, IBufferWriter<byte> output);
}
