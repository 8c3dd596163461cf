using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Requests;

/// <summary>Reads the facts of a client's body in one pass of <c>Utf8JsonReader</c>, without building a DOM.</summary>
public static class ClientRequestReader
{
    /// <summary>Reads <paramref name="body"/>. On a problem the request is null.</summary>
    /// <param name="dialect">The dialect of the endpoint.</param>
    /// <param name="body">The decoded body.</param>
    /// <param name="headers">The client's protocol headers by lower-case name.</param>
    /// <param name="problem">Why the body can't be served: not JSON, no model, wrong types.</param>
    public static ClientRequest? Read(Dialect dialect, ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> headers, out RequestProblem? problem) => throw new NotSupportedException();
}
