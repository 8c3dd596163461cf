using System.Globalization;
using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.Anthropic;

/// <summary>The <c>anthropic-ratelimit-*</c> headers of an account as it stands.</summary>
internal static class RateLimitHeaders
{
    public static IEnumerable<KeyValuePair<string, string>> Of(SandboxAccount account, DateTimeOffset now)
    {
        if (account.Kind != SandboxAccountKind.ClaudeOAuth)
        {
            yield return new("anthropic-ratelimit-requests-limit", "1000");
            yield return new("anthropic-ratelimit-requests-remaining", "999");
            yield return new("anthropic-ratelimit-requests-reset", now.AddMinutes(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            yield break;
        }

        var five = account.FiveHours;
        var seven = account.SevenDays;
        var isSeven = seven.IsExhausted || (!five.IsExhausted && seven.Used > five.Used);
        var leading = isSeven ? seven : five;
        yield return new("anthropic-ratelimit-unified-status", Status(leading));
        yield return new("anthropic-ratelimit-unified-reset", Unix(leading.ResetsAt));
        yield return new("anthropic-ratelimit-unified-representative-claim", isSeven ? "seven_day" : "five_hour");
        yield return new("anthropic-ratelimit-unified-5h-status", Status(five));
        yield return new("anthropic-ratelimit-unified-5h-reset", Unix(five.ResetsAt));
        yield return new("anthropic-ratelimit-unified-5h-utilization", Share(five));
        yield return new("anthropic-ratelimit-unified-7d-status", Status(seven));
        yield return new("anthropic-ratelimit-unified-7d-reset", Unix(seven.ResetsAt));
        yield return new("anthropic-ratelimit-unified-7d-utilization", Share(seven));
    }

    private static string Status(SandboxQuota quota) => quota.IsExhausted ? "rejected" : quota.Used >= 0.9 ? "allowed_warning" : "allowed";

    private static string Unix(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static string Share(SandboxQuota quota) => quota.Used.ToString("0.####", CultureInfo.InvariantCulture);
}
