using System.Text;

namespace Proxy.Actors.Credentials;

/// <summary>A new pair from a token endpoint. Secret: it prints as its fingerprint.</summary>
public sealed record RefreshedTokens
{
    /// <summary>The access token.</summary>
    public required string Access { get; init; }

    /// <summary>The new refresh token; null when the old one stays.</summary>
    public string? Refresh { get; init; }

    /// <summary>Codex: the new id token.</summary>
    public string? IdToken { get; init; }

    /// <summary>When the access token ends; null when not told.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The e-mail that the answer names; null when none.</summary>
    public string? Email { get; init; }

    /// <summary>Codex: the ChatGPT account id of the id token.</summary>
    public string? ChatGptAccountId { get; init; }

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Fingerprint = ").Append(TokenFingerprint.Of(Access, Refresh));
        return true;
    }
}

/// <summary>What one call to a token endpoint gave.</summary>
public abstract record RefreshOutcome
{
    private RefreshOutcome()
    {
    }

    /// <summary>A new pair.</summary>
    public sealed record Refreshed(RefreshedTokens Tokens) : RefreshOutcome;

    /// <summary>The provider refuses this refresh token for good: a person must log in.</summary>
    /// <param name="Code">Its code: <c>invalid_grant</c>, <c>refresh_token_reused</c>, ….</param>
    public sealed record Revoked(string Code) : RefreshOutcome;

    /// <summary>Nothing was decided: worth another try later. The old token is as good as it was.</summary>
    /// <param name="Reason">In words.</param>
    /// <param name="RetryAfter">How long the endpoint asks to be left alone; null when it does not say.</param>
    public sealed record Temporary(string Reason, TimeSpan? RetryAfter = null) : RefreshOutcome;

    /// <summary>The request may have been served, but its answer is lost: the old refresh token may be used up.</summary>
    public sealed record Lost(string Reason) : RefreshOutcome;
}
