using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary><c>POST /v1/completions</c>: a Chat request in older clothes.</summary>
internal sealed class CompletionsCall() : EndpointCall(Dialect.OpenAIChat, Operation.Generate)
{
    /// <inheritdoc />
    public override ClientRequest? Read(ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> headers, out RequestProblem? problem) =>
        CompletionsRequest.Read(body, headers, out problem);
}
