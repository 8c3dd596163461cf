using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary>What the endpoints that relay differ in.</summary>
internal class EndpointCall(Dialect dialect, Operation operation)
{
    /// <summary>The dialect of request and answer.</summary>
    public Dialect Dialect { get; } = dialect;

    /// <summary>What is asked of the upstream.</summary>
    public Operation Operation { get; } = operation;

    /// <summary>What an account is wanted for.</summary>
    public virtual Purpose Purpose => Purpose.Inference;

    /// <summary>Reads the facts of the body.</summary>
    public virtual ClientRequest? Read(ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> headers, out RequestProblem? problem) =>
        ClientRequestReader.Read(Dialect, body, headers, out problem);

    /// <summary>Why no account can be asked for that; null when some may.</summary>
    public virtual ClientError? Refuse(RoutingTable table, ClientRequest client, ResolvedModel model) => null;

    /// <summary>The answer that needs no upstream; null when one is needed.</summary>
    /// <param name="table">Who serves what.</param>
    /// <param name="client">The request.</param>
    /// <param name="model">Its model.</param>
    public virtual ValueTask<LocalAnswer?> AnswerLocallyAsync(RoutingTable table, ClientRequest client, ResolvedModel model) => default;
}
