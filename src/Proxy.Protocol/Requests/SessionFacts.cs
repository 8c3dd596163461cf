namespace Proxy.Protocol.Requests;

/// <summary>What a body tells of the conversation that it belongs to.</summary>
public sealed record SessionFacts
{
    private readonly Lazy<string?> _openingDigest;

    internal SessionFacts(Lazy<string?> openingDigest) => _openingDigest = openingDigest;

    /// <summary>Nothing is known.</summary>
    public static SessionFacts None { get; } = new(new Lazy<string?>((string?)null));

    /// <summary>The session part of <c>metadata.user_id</c>; null when there is none.</summary>
    public string? UserSession { get; init; }

    /// <summary><c>prompt_cache_key</c>; null when absent or empty.</summary>
    public string? PromptCacheKey { get; init; }

    /// <summary>The id of a stored conversation; null when there is none.</summary>
    public string? ConversationId { get; init; }

    /// <summary>
    /// SHA-256 (hex) of the first 4 KiB of system text and of the first user text, salted with a
    /// <c>metadata.user_id</c> that names no session; null when there is no such text. Made on first use, which must be
    /// while the body is still there.
    /// </summary>
    public string? OpeningDigest => _openingDigest.Value;
}
