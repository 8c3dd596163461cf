namespace Proxy.Protocol.Answers;

/// <summary>Token counts of one answer, in the one way of counting that all dialects are mapped to (spec/protocols.md 17).</summary>
/// <param name="UncachedInput">Input tokens that were neither read from nor written to the cache; null when not told.</param>
/// <param name="CacheRead">Input tokens read from the cache; null when not told.</param>
/// <param name="CacheWrite">Input tokens written to the cache; null when not told.</param>
/// <param name="Output">Output tokens, reasoning included; null when not told.</param>
/// <param name="Reasoning">The part of <paramref name="Output"/> that was reasoning; null when not told.</param>
public sealed record Usage(long? UncachedInput, long? CacheRead, long? CacheWrite, long? Output, long? Reasoning)
{
    /// <summary>Nothing is known yet.</summary>
    public static Usage Unknown { get; } = new(null, null, null, null, null);

    /// <summary>The part of <see cref="CacheWrite"/> that is kept for an hour and costs more; null when not told.</summary>
    public long? CacheWriteLong { get; init; }

    /// <summary>All input tokens, cached or not.</summary>
    public long TotalInput => (UncachedInput ?? 0) + (CacheRead ?? 0) + (CacheWrite ?? 0);

    /// <summary>Later, non-absent values win: Anthropic's counts are cumulative over message_start and message_delta.</summary>
    public Usage With(Usage later) => new(
        later.UncachedInput ?? UncachedInput,
        later.CacheRead ?? CacheRead,
        later.CacheWrite ?? CacheWrite,
        later.Output ?? Output,
        later.Reasoning ?? Reasoning)
    {
        CacheWriteLong = later.CacheWriteLong ?? CacheWriteLong,
    };
}
