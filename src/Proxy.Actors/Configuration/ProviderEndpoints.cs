namespace Proxy.Actors.Configuration;

/// <summary>Addresses of one OAuth provider.</summary>
public sealed record ProviderEndpoints
{
    /// <summary><c>base-url</c> of the API.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary><c>token-url</c>.</summary>
    public required Uri TokenUrl { get; init; }

    /// <summary><c>authorize-url</c>.</summary>
    public Uri? AuthorizeUrl { get; init; }

    /// <summary><c>profile-url</c>.</summary>
    public Uri? ProfileUrl { get; init; }

    /// <summary><c>device-url</c>: where a login with a code for another device is asked for (<c>…/usercode</c>, <c>…/token</c>); null where there is none.</summary>
    public Uri? DeviceUrl { get; init; }

    /// <summary><c>usage-url</c>: where a login's quota is asked for; null = beside <see cref="BaseUrl"/>, so that a gateway or a simulated provider is asked itself.</summary>
    public Uri? UsageUrl { get; init; }

    /// <summary><c>usage-url: ""</c>: it is not asked at all.</summary>
    public bool HasUsage { get; init; } = true;

    /// <summary>Where Anthropic has its usage endpoint.</summary>
    public const string ClaudeUsagePath = "/api/oauth/usage";

    /// <summary>Where ChatGPT has its usage endpoint.</summary>
    public const string CodexUsagePath = "/backend-api/wham/usage";

    /// <summary>Where a login's quota is asked for; null when it is not.</summary>
    /// <param name="path">Where the provider has it.</param>
    public Uri? UsageAddress(string path) => !HasUsage ? null : UsageUrl ?? new Uri(BaseUrl, path);

    /// <summary><c>client-id</c>: the provider's public client id of its command-line login.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>system-preamble</c>: put in front of the system text; empty by default.</summary>
    public string SystemPreamble { get; init; } = string.Empty;

    /// <summary><c>request-scoped-errors</c>: for all logins of this provider, after those of their own file.</summary>
    public IReadOnlyList<Protocol.Failures.ErrorRule> ErrorRules { get; init; } = [];

    /// <summary>Free of the owner's preamble.</summary>
    public override string ToString() => $"ProviderEndpoints {{ {BaseUrl} }}";
}
