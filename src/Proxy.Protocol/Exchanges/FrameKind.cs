namespace Proxy.Protocol.Exchanges;

/// <summary>What one upstream frame means to the commit gate (docs/architecture.md, "Commit gate").</summary>
public enum FrameKind
{
    /// <summary>A ping, a comment or an empty frame: dropped while held.</summary>
    Noise,

    /// <summary>Part of the handshake: held back, the attempt may still fail over.</summary>
    Handshake,

    /// <summary>Content: commits the answer.</summary>
    Content,

    /// <summary>The terminal event of a good answer: commits it, and completes it.</summary>
    Terminal,

    /// <summary>An error event: <see cref="AnswerStream.Error"/> says what.</summary>
    Error,
}
