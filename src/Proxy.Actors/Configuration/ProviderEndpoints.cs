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

    /// <summary><c>client-id</c>: the provider's public client id of its command-line login.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>system-preamble</c>: put in front of the system text; empty by default.</summary>
    public string SystemPreamble { get; init; } = string.Empty;

    /// <summary><c>request-scoped-errors</c>: for all logins of this provider, after those of their own file.</summary>
    public IReadOnlyList<Protocol.Failures.ErrorRule> ErrorRules { get; init; } = [];
}
