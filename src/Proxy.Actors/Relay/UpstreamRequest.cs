using System.Net.Http.Headers;
using Proxy.Actors.Accounts;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;

namespace Proxy.Actors.Relay;

/// <summary>Makes the HTTP request of one attempt: address, authorization, protocol headers, the account's own ones last.</summary>
internal static class UpstreamRequest
{
    /// <summary>The request; it owns <paramref name="content"/>.</summary>
    /// <param name="lease">Where to, and as whom.</param>
    /// <param name="exchange">The protocol's headers.</param>
    /// <param name="content">The body.</param>
    /// <param name="clientHeader">The client's headers by name, for those that the account copies; null when there are none.</param>
    public static HttpRequestMessage Create(Lease lease, Exchange exchange, HttpContent content, Func<string, string?>? clientHeader = null)
    {
        var target = new Uri(string.Concat(lease.BaseUrl.AbsoluteUri.TrimEnd('/'), exchange.Path));
        var request = OutboundFactory.NewRequest(HttpMethod.Post, target);
        request.Content = content;
        var headers = request.Headers;
        Authorize(lease, headers);
        headers.TryAddWithoutValidation("User-Agent", OutboundFactory.UserAgent);
        headers.TryAddWithoutValidation("Accept", exchange.UpstreamStreams ? "text/event-stream" : "application/json");

        // Compression would hold frames back inside the compressor, and costs more than it saves on a single JSON.
        headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        foreach (var (name, value) in exchange.Headers)
        {
            headers.TryAddWithoutValidation(name, value);
        }

        foreach (var (name, value) in lease.Headers)
        {
            if (AccountHeaders.Resolve(value, clientHeader) is { } resolved)
            {
                Replace(request, name, resolved);
            }
        }

        return request;
    }

    // spec/accounts.md 3.1: a real Anthropic key on Anthropic's own host goes in x-api-key, everything else is a bearer.
    private static void Authorize(Lease lease, HttpRequestHeaders headers)
    {
        if (lease.Token is { } token)
        {
            var isAnthropicKey = lease.Kind == UpstreamKind.Claude && !lease.IsOAuth
                && lease.BaseUrl.Host.Equals("api.anthropic.com", StringComparison.OrdinalIgnoreCase);
            headers.TryAddWithoutValidation(
                isAnthropicKey ? "x-api-key" : "Authorization",
                isAnthropicKey ? token.Reveal() : string.Concat("Bearer ", token.Reveal()));
        }

        if (lease.ChatGptAccountId is { } account)
        {
            headers.TryAddWithoutValidation("ChatGPT-Account-Id", account);
        }
    }

    // Asking for a content header among the request's headers throws, adding one there says false: so add, then look.
    private static void Replace(HttpRequestMessage request, string name, string value)
    {
        if (request.Headers.TryAddWithoutValidation(name, value))
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
        else if (request.Content!.Headers.TryAddWithoutValidation(name, value))
        {
            request.Content.Headers.Remove(name);
            request.Content.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
