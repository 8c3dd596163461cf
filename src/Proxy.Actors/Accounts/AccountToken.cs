using System.Collections.Immutable;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>The credential that an account uses now.</summary>
public sealed record AccountToken
{
    /// <summary>Less than this left, and an Acquire waits for a refresh.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    /// <summary>What a lease carries; null for an upstream without a key, or while there is only a refresh token.</summary>
    public required Secret? Access { get; init; }

    /// <summary>The pair; null for API keys.</summary>
    public TokenPair? Pair { get; init; }

    /// <summary>Raised when access or refresh token change, by whomever. Within this process.</summary>
    public required long Generation { get; init; }

    /// <summary>When it ends; null when not known.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When a refresh is due; null for never (API keys).</summary>
    public DateTimeOffset? RefreshDue { get; init; }

    /// <summary>Fingerprints of the last pairs that refreshes of ours replaced: in a file they are an older truth.</summary>
    public ImmutableArray<string> Superseded { get; init; } = [];

    /// <summary>Why the pair is not in its file; null when it is.</summary>
    public string? NotSaved { get; init; }

    /// <summary>A 401 has refused it.</summary>
    public bool IsRejected { get; init; }

    /// <summary>It was made because a 401 had refused the one before, and has not served since.</summary>
    public bool IsAfterRejection { get; init; }

    /// <summary>Safe to show; empty for API keys.</summary>
    public string Fingerprint => Pair?.Fingerprint ?? string.Empty;

    /// <summary>It has more than <see cref="Margin"/> left and was not refused.</summary>
    public bool IsGood(DateTimeOffset now) => !IsRejected && (Pair is null || (Access is not null && !(Expires - now <= Margin)));

    /// <summary>It may still serve, for want of a better one.</summary>
    public bool IsUsable(DateTimeOffset now) => !IsRejected && (Pair is null || (Access is not null && !(Expires <= now)));
}

/// <summary>When a pair is due for refresh (design 6; spec/accounts.md 2.2).</summary>
public static class RefreshSchedule
{
    /// <summary>Two refreshes of one account are at least this far apart, unless a request waits.</summary>
    public static readonly TimeSpan Spacing = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ClaudeLead = TimeSpan.FromHours(4);
    private static readonly TimeSpan CodexLead = TimeSpan.FromDays(5);

    /// <summary>
    /// When it is due: the provider's lead (or the owner's <c>refresh_interval</c>) before the end, at most half of the token's life before it,
    /// and up to a tenth of that later, so that accounts that were made together part. Null when there is nothing to refresh with.
    /// </summary>
    /// <param name="file">The pair's file.</param>
    /// <param name="now">The time.</param>
    /// <param name="jitter">0..1.</param>
    public static DateTimeOffset? DueAt(AuthFile file, DateTimeOffset now, double jitter)
    {
        if (file.Link is not null)
        {
            return file.Expires - AccountToken.Margin; // another program renews it: time to look whether it did
        }

        if (file.Tokens.Refresh is null)
        {
            return null;
        }

        if (file.Tokens.Access is null)
        {
            return now;
        }

        var lead = file.RefreshLead ?? (file.Kind == Protocol.Dialects.UpstreamKind.Claude ? ClaudeLead : CodexLead);
        if (file.Expires is not { } expires)
        {
            // Nobody says when it ends: go by its age; of unknown age, renew now to learn both.
            return file.LastRefresh is { } made ? made + lead : now;
        }

        DateTimeOffset? begun = file.LastRefresh is { } last && last < expires && last <= now ? last : null;
        var half = (expires - (begun ?? now)) / 2;
        lead = lead > half ? half : lead;
        var due = lead <= TimeSpan.Zero ? now : expires - lead + (lead * 0.1 * jitter);

        // The owner's word is an interval: it also counts from the last refresh (spec/accounts.md 2.2).
        return file.RefreshLead is { } interval && begun + interval < due ? begun + interval : due;
    }
}
