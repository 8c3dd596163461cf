using System.Text.Json;
using System.Text.Json.Serialization;

namespace Proxy.Host.Usage;

/// <summary>What the ledger says, ready to be shown; its JSON is for status lines and scripts and only ever grows.</summary>
/// <param name="From">From when on.</param>
/// <param name="To">Until before when.</param>
/// <param name="TimeZone">Whose days they are.</param>
/// <param name="Total">All of it.</param>
/// <param name="Tables">One for each question.</param>
/// <param name="Failures">Failed attempts by class, the most frequent first.</param>
/// <param name="Unpriced">Models that no price is known for.</param>
internal sealed record UsageReport(
    DateTimeOffset From, DateTimeOffset To, string TimeZone, UsageLine Total, IReadOnlyList<UsageTable> Tables, IReadOnlyList<FailureCount> Failures, IReadOnlyList<string> Unpriced)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Of this form; raised when a member changes its meaning.</summary>
    public int Version { get; } = 1;

    /// <summary>The currency of every price.</summary>
    public string Currency { get; } = "USD";

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format);
}

/// <summary>One table.</summary>
/// <param name="By">What it has a line for.</param>
/// <param name="Lines">The lines.</param>
internal sealed record UsageTable(UsageBy By, IReadOnlyList<UsageLine> Lines);

/// <summary>How often attempts failed in one way.</summary>
/// <param name="Failure">The class.</param>
/// <param name="Attempts">How many.</param>
internal sealed record FailureCount(string Failure, long Attempts);

/// <summary>What was used by one day, account, model, session or client.</summary>
internal sealed record UsageLine
{
    /// <summary>What identifies it: date, id, model, digest; empty for a total.</summary>
    public required string Key { get; init; }

    /// <summary>What a person calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Requests; token counts are none.</summary>
    public required long Requests { get; init; }

    /// <summary>Upstream calls for them.</summary>
    public required long Attempts { get; init; }

    /// <summary>Attempts that failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Attempts that ended because the client left.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Token counts that clients asked for.</summary>
    public required long TokenCounts { get; init; }

    /// <summary>Input tokens that had nothing to do with the cache.</summary>
    public required long UncachedInput { get; init; }

    /// <summary>Input tokens read from the cache.</summary>
    public required long CacheRead { get; init; }

    /// <summary>Input tokens written to the cache.</summary>
    public required long CacheWrite { get; init; }

    /// <summary>Output tokens, reasoning included.</summary>
    public required long Output { get; init; }

    /// <summary>The part of the output that was reasoning, where it was told.</summary>
    public required long Reasoning { get; init; }

    /// <summary>Share of the input that came from the cache, 0 to 1; null without input.</summary>
    public required double? CacheHitRatio { get; init; }

    /// <summary>What the providers' APIs would have asked; null when no price is known for any of it.</summary>
    public required decimal? ApiPrice { get; init; }

    /// <summary>Some of it has no known price: <see cref="ApiPrice"/> is too low.</summary>
    public required bool IsPricePartial { get; init; }

    /// <summary>Milliseconds until the first content, of attempts that went well.</summary>
    public required Percentiles? FirstByteMs { get; init; }

    /// <summary>Milliseconds of the whole, of attempts that went well.</summary>
    public required Percentiles? TotalMs { get; init; }

    /// <summary>When its first attempt ended; null without any.</summary>
    public required DateTimeOffset? First { get; init; }

    /// <summary>When its last attempt ended; null without any.</summary>
    public required DateTimeOffset? Last { get; init; }
}

/// <summary>Half were faster than the first number, 95 of 100 faster than the second. In milliseconds.</summary>
internal sealed record Percentiles(long P50, long P95);
