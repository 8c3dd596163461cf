using System.Text.Json.Serialization;

namespace Proxy.Protocol.Quota;

/// <summary>How a reading came to us.</summary>
public enum QuotaSource
{
    /// <summary>Headers of an answer.</summary>
    Headers,

    /// <summary>A <c>codex.rate_limits</c> event inside a stream.</summary>
    Event,

    /// <summary>The body of a refusal.</summary>
    Refusal,

    /// <summary>The provider's usage endpoint.</summary>
    UsageEndpoint,
}

/// <summary>A provider's statement about one quota window. Name and model together are its identity.</summary>
/// <param name="Name">By its length, whoever tells it: <c>5h</c>, <c>7d</c> (<see cref="WindowNames"/>); <c>unified</c> for a refusal that no window owns up to.</param>
/// <param name="UsedShare">0..1 and above; null when not told.</param>
/// <param name="ResetsAt">When it starts anew; null when not told.</param>
/// <param name="IsRejected">The provider refuses requests because of it.</param>
/// <param name="Length">How long the window is; null when not told.</param>
/// <param name="Model">The model (family) it is for; null for the whole account.</param>
public sealed record QuotaWindow(string Name, double? UsedShare, DateTimeOffset? ResetsAt, bool IsRejected, TimeSpan? Length, string? Model)
{
    /// <summary>The provider says in so many words that it serves on, whatever the share: paid overage, credits.</summary>
    public bool IsAllowed { get; init; }

    /// <summary>Nothing of it is left, as far as the provider tells.</summary>
    [JsonIgnore]
    public bool IsSpent => IsRejected || (UsedShare >= 1 && !IsAllowed);
}

/// <summary>One observation of an account's quota windows.</summary>
/// <param name="ObservedAt">When it was read; of a usage endpoint, when it was asked.</param>
/// <param name="Windows">The windows it speaks of.</param>
public sealed record QuotaReading(DateTimeOffset ObservedAt, IReadOnlyList<QuotaWindow> Windows)
{
    /// <summary>How it came.</summary>
    public QuotaSource Source { get; init; }

    /// <summary>The plan that the provider names (<c>plus</c>, <c>pro</c>, …); null when it does not.</summary>
    public string? Plan { get; init; }

    /// <summary>It names every window of the whole account: one that it does not name is gone (spec/faults.md 59).</summary>
    public bool IsWhole { get; init; }

    /// <summary>It names every window of models, too.</summary>
    public bool IsWholeOfModels { get; init; }

    /// <summary>The provider says that it refuses just now, for whichever reason: no evidence of room, even if every window has some.</summary>
    public bool IsRefusal { get; init; }
}
