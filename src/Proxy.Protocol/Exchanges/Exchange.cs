using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// One attempt as far as bytes are concerned: the request's body and protocol headers for the upstream, and the way
/// back. This is the whole surface that the relay sees of the codecs.
/// </summary>
public abstract class Exchange
{
    /// <summary>The upstream is asked for a stream (Codex always is, whatever the client wants).</summary>
    public abstract bool UpstreamStreams { get; }

    /// <summary>The path behind the base URL, query included: <c>/v1/messages</c>, <c>/responses</c>, <c>/chat/completions</c>.</summary>
    public abstract string Path { get; }

    /// <summary>Protocol headers of this request (anthropic-version, anthropic-beta, Session-Id, …), without authorization. Known after <see cref="WriteRequest"/>.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>What of the request this upstream can't take, in words for the debug log. Known after <see cref="WriteRequest"/>.</summary>
    public virtual IReadOnlyList<string> Losses => [];

    /// <summary>Writes the body for the upstream.</summary>
    /// <returns>Null, or why the request can't be expressed for this upstream (answered as a 400 in the caller's dialect).</returns>
    public abstract RequestProblem? WriteRequest(IBufferWriter<byte> body);

    /// <summary>Opens the way back for an upstream that streams. For a client that wants a single JSON the bytes come at <see cref="AnswerStream.Complete"/>.</summary>
    public abstract AnswerStream OpenStream();

    /// <summary>The way back for an upstream that answers with a single JSON.</summary>
    /// <returns>The usage it reported, or the error when the body is none that can be understood.</returns>
    public abstract SingleResult WriteSingle(ReadOnlyMemory<byte> upstreamBody, IBufferWriter<byte> output);
}

/// <summary>What became of a single JSON answer.</summary>
/// <param name="Usage">The usage it reported.</param>
/// <param name="Error">Set when it is no answer.</param>
public sealed record SingleResult(Usage Usage, UpstreamErrorBody? Error);
