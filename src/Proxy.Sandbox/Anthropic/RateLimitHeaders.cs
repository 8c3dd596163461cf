using System.Globalization;
using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.Anthropic;

/// <summary>The <c>anthropic-ratelimit-*</c> headers of an account as it stands, for a request of that model.</summary>
internal static class RateLimitHeaders
{
    private const string Unified = "anthropic-ratelimit-unified-";

    public static IEnumerable<KeyValuePair<string, string>> Of(SandboxAccount account, string model, DateTimeOffset now)
    {
        if (account.Kind != SandboxAccountKind.ClaudeOAuth)
        {
            yield return new("anthropic-ratelimit-requests-limit", "1000");
            yield return new("anthropic-ratelimit-requests-remaining", "999");
            yield return new("anthropic-ratelimit-requests-reset", now.AddMinutes(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            yield break;
        }

        var windows = Windows(account.Figures, model).ToList();
        var (_, claim, leading) = windows.MaxBy(w => (w.Quota.IsExhausted, w.Quota.Used));
        yield return new($"{Unified}status", Status(leading));
        yield return new($"{Unified}reset", Unix(leading.ResetsAt));
        yield return new($"{Unified}representative-claim", claim);
        yield return new($"{Unified}fallback-percentage", "0.5");
        yield return new($"{Unified}overage-status", "rejected");
        yield return new($"{Unified}overage-disabled-reason", "org_level_disabled");
        foreach (var (name, _, quota) in windows)
        {
            yield return new($"{Unified}{name}-status", Status(quota));
            yield return new($"{Unified}{name}-reset", Unix(quota.ResetsAt));
            yield return new($"{Unified}{name}-utilization", Share(quota));
        }
    }

    // A family's window comes with its own requests only; that of the newest one is named for what pays for it.
    private static IEnumerable<(string Name, string Claim, SandboxQuota Quota)> Windows(QuotaFigures figures, string model)
    {
        if (figures.FiveHours is { } five)
        {
            yield return ("5h", "five_hour", five);
        }

        yield return ("7d", "seven_day", figures.SevenDays);
        foreach (var (family, quota) in figures.Models.Where(m => QuotaFigures.IsOf(m.Key, model)))
        {
            yield return family == "fable" ? ("7d_oi", "seven_day_overage_included", quota) : ($"7d_{family}", $"seven_day_{family}", quota);
        }
    }

    private static string Status(SandboxQuota quota) => quota.IsExhausted ? "rejected" : quota.Used >= 0.9 ? "allowed_warning" : "allowed";

    private static string Unix(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static string Share(SandboxQuota quota) => quota.Used.ToString("0.####", CultureInfo.InvariantCulture);
}
