namespace Proxy.Protocol.Quota;

/// <summary>A provider's statement about one quota window.</summary>
/// <param name="Name">The provider's name of it: <c>5h</c>, <c>7d</c>, <c>7d_oi</c>, <c>primary</c>, <c>secondary</c>.</param>
/// <param name="UsedShare">0..1 and above; null when not told.</param>
/// <param name="ResetsAt">When it starts anew; null when not told.</param>
/// <param name="IsRejected">The provider refuses requests because of it.</param>
/// <param name="Length">How long the window is; null when not told.</param>
/// <param name="Model">The model (family) it is for; null for the whole account.</param>
public sealed record QuotaWindow(string Name, double? UsedShare, DateTimeOffset? ResetsAt, bool IsRejected, TimeSpan? Length, string? Model);

/// <summary>One observation of an account's quota windows.</summary>
/// <param name="ObservedAt">When it was read.</param>
/// <param name="Windows">The windows it speaks of.</param>
public sealed record QuotaReading(DateTimeOffset ObservedAt, IReadOnlyList<QuotaWindow> Windows)
{
    /// <summary>The plan that the provider names (<c>plus</c>, <c>pro</c>, …); null when it does not.</summary>
    public string? Plan { get; init; }
}
