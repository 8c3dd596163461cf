using Proxy.Actors.Configuration;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Accounts;

/// <summary>What failures may do to an account, and how often a request may come back to it: its own settings over those of all.</summary>
public sealed record AccountRetry
{
    /// <summary>The defaults.</summary>
    public static AccountRetry Default { get; } = new();

    /// <summary>How often one request may try this account again; null = as the request's configuration says.</summary>
    public int? RequestRetry { get; init; }

    /// <summary>No failure puts it aside.</summary>
    public bool IsCoolingDisabled { get; init; }

    /// <summary>A fixed cooldown after a passing error, zero for none; null = short, and doubling.</summary>
    public TimeSpan? TransientCooldown { get; init; }

    /// <summary>The owner's rules for its errors.</summary>
    public IReadOnlyList<ErrorRule> ErrorRules { get; init; } = [];

    /// <summary>Its outbound proxy is its own: when that fails, others may still serve.</summary>
    public bool HasOwnProxy { get; init; }

    /// <summary>What applies to a credential.</summary>
    /// <param name="own">Its own settings.</param>
    /// <param name="ofAll">The configuration's.</param>
    /// <param name="ofProvider">Rules for all credentials of its provider: after its own.</param>
    /// <param name="hasOwnProxy">It has a proxy-url.</param>
    public static AccountRetry From(CredentialRetry own, RoutingOptions ofAll, IReadOnlyList<ErrorRule> ofProvider, bool hasOwnProxy)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(ofAll);
        return new AccountRetry
        {
            RequestRetry = own.RequestRetry,
            IsCoolingDisabled = own.DisableCooling ?? ofAll.DisableCooling,
            TransientCooldown = ofAll.TransientErrorCooldownSeconds switch
            {
                0 => null,
                < 0 => TimeSpan.Zero,
                var seconds => TimeSpan.FromSeconds(seconds),
            },
            ErrorRules = [.. own.ErrorRules, .. ofProvider],
            HasOwnProxy = hasOwnProxy,
        };
    }
}
