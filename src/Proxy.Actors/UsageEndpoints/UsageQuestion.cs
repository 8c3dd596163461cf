using Proxy.Actors.Outbound;

namespace Proxy.Actors.UsageEndpoints;

/// <summary>One question to a usage endpoint.</summary>
/// <param name="Endpoint">Whom.</param>
/// <param name="AccessToken">As whom. Secret.</param>
/// <param name="ChatGptAccountId">For <c>ChatGPT-Account-Id</c>; null otherwise.</param>
/// <param name="Route">The way there.</param>
public sealed record UsageQuestion(UsageEndpoint Endpoint, string AccessToken, string? ChatGptAccountId, OutboundRoute Route)
{
    /// <summary>Free of the token.</summary>
    public override string ToString() => $"UsageQuestion {{ {Endpoint.Url} }}";
}
