using Proxy.Protocol.Failures;

namespace Proxy.Actors.Configuration;

/// <summary>What a credential says about its own failures, over what the configuration says of all.</summary>
public sealed record CredentialRetry
{
    /// <summary>Says nothing.</summary>
    public static CredentialRetry None { get; } = new();

    /// <summary><c>request-retry</c>: how often one request may try this account again; null = <see cref="RoutingOptions.RequestRetry"/>.</summary>
    public int? RequestRetry { get; init; }

    /// <summary><c>disable-cooling</c>; null = <see cref="RoutingOptions.DisableCooling"/>.</summary>
    public bool? DisableCooling { get; init; }

    /// <summary><c>request-scoped-errors</c>, in order: the first that fits counts.</summary>
    public IReadOnlyList<ErrorRule> ErrorRules { get; init; } = [];
}
