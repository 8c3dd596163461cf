using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>
/// A client's request after one pass over its body: the facts that routing and same-dialect relaying need, and
/// nothing parsed further. The body is kept as it came.
/// </summary>
public sealed record ClientRequest
{
    private readonly Dialect? _bodyDialect;
    private readonly string? _sessionKey;

    /// <summary>The dialect of the endpoint it came to: the one to answer in.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>The dialect of the body: <see cref="Dialect"/>, except for a Responses-shaped body at the Chat endpoint (spec/protocols.md E20).</summary>
    public Dialect BodyDialect
    {
        get => _bodyDialect ?? Dialect;
        init => _bodyDialect = value;
    }

    /// <summary>It came to <c>/v1/completions</c>: the body has been made a Chat body, and the answers are made completions again.</summary>
    public bool IsLegacyCompletion { get; init; }

    /// <summary>With <see cref="IsLegacyCompletion"/>: the prompt, where the answer shall begin with it; absent otherwise.</summary>
    public JsonText EchoedPrompt { get; init; }

    /// <summary>The body, byte for byte (decoded when the client compressed it).</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The model name as the client wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>The client wants a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>What the body tells of its conversation.</summary>
    public SessionFacts Session { get; init; } = SessionFacts.None;

    /// <summary>
    /// What identifies the conversation inside of the body, strongest first; null when nothing does. Headers count too:
    /// see <see cref="SessionKeys.Find"/>. Ask while the body is still there.
    /// </summary>
    public string? SessionKey
    {
        get => _sessionKey ?? SessionKeys.InBody(Session);
        init => _sessionKey = value;
    }

    /// <summary>The body carries reasoning that is bound to an account or provider.</summary>
    public bool HasReasoning { get; init; }

    /// <summary>The input names items of earlier answers by their ids: see <see cref="ItemReferences"/>.</summary>
    public bool HasReferences => Layout is ResponsesLayout { Input.References.Count: > 0 };

    /// <summary>The items of the answer may be named by later requests: a Responses client that did not say <c>store:false</c>.</summary>
    public bool MayBeReferredTo => Dialect == Dialect.OpenAIResponses && Layout is ResponsesLayout { KeepsNothing: false };

    /// <summary>The client's protocol headers that may be passed on, by lower-case name (anthropic-version, anthropic-beta, …).</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where the editable things lie in the body; null for a request that was not made by <see cref="ClientRequestReader"/>.</summary>
    internal RequestLayout? Layout { get; init; }

    /// <summary>Free of what the client said and of its session.</summary>
    public override string ToString() => $"ClientRequest {{ {Dialect}, {Model} }}";
}

/// <summary>Why a body can't be served, in words for the caller.</summary>
/// <param name="Message">Clear enough to mend it.</param>
/// <param name="Parameter">The member at fault; null when it is the whole body.</param>
/// <param name="Code">OpenAI error code; null when there is none.</param>
public sealed record RequestProblem(string Message, string? Parameter = null, string? Code = null);
