using Proxy.Actors.Outbound;

namespace Proxy.Actors.Credentials;

/// <summary>Sends calls to token endpoints. Implemented over the outbound factory; a fake one stands in for a provider in tests.</summary>
public interface ITokenTransport
{
    /// <summary>Sends <paramref name="request"/> and returns once the answer's headers are in.</summary>
    /// <exception cref="HttpRequestException">No answer.</exception>
    Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, OutboundRoute route, CancellationToken cancellation);
}

/// <summary>A transport over pooled invokers, one per route.</summary>
/// <param name="invoker">The invoker for a route to an address; pooled by whoever gives it.</param>
public sealed class InvokerTokenTransport(Func<Uri, OutboundRoute, HttpMessageInvoker> invoker) : ITokenTransport
{
    /// <inheritdoc />
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, OutboundRoute route, CancellationToken cancellation)
    {
        // Who we are is said here too: a token endpoint sees the same name as an API (docs/provider-accounts.md).
        request.Headers.TryAddWithoutValidation("User-Agent", OutboundFactory.UserAgent);
        return invoker(request.RequestUri!, route).SendAsync(request, cancellation);
    }
}
