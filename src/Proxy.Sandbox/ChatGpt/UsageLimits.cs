using System.Globalization;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>How the backend tells an account's quota: headers, event, error (spec/wire-protocols.md 5).</summary>
internal static class UsageLimits
{
    public static bool IsReached(SandboxAccount account) => account.FiveHours.IsExhausted || account.SevenDays.IsExhausted;

    public static IEnumerable<KeyValuePair<string, string>> Headers(SandboxAccount account, DateTimeOffset now)
    {
        foreach (var (name, quota, minutes) in Windows(account))
        {
            yield return new($"x-codex-{name}-used-percent", Percent(quota));
            yield return new($"x-codex-{name}-window-minutes", minutes.ToString(CultureInfo.InvariantCulture));
            yield return new($"x-codex-{name}-reset-after-seconds", Seconds(quota, now).ToString(CultureInfo.InvariantCulture));
            yield return new($"x-codex-{name}-reset-at", quota.ResetsAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        }

        yield return new("x-codex-plan-type", account.Plan);
        yield return new("x-codex-active-limit", account.SevenDays.IsExhausted ? "secondary" : "primary");
        yield return new("x-codex-credits-has-credits", "False");
    }

    public static byte[] Event(SandboxAccount account, DateTimeOffset now)
    {
        var reached = IsReached(account);
        var windows = Windows(account).Select(w => $"\"{w.Name}\":{{\"used_percent\":{Percent(w.Quota)},\"window_minutes\":{w.Minutes},\"reset_after_seconds\":{Seconds(w.Quota, now)},\"reset_at\":{w.Quota.ResetsAt.ToUnixTimeSeconds()}}}");
        return SseText.Event("codex.rate_limits", $"{{\"type\":\"codex.rate_limits\",\"plan_type\":{JsonString.Quote(account.Plan)},\"rate_limits\":{{\"allowed\":{(reached ? "false" : "true")},\"limit_reached\":{(reached ? "true" : "false")},{string.Join(',', windows)}}},\"credits\":null}}");
    }

    public static string Error(SandboxAccount account, DateTimeOffset now)
    {
        var exhausted = Windows(account).Where(w => w.Quota.IsExhausted).MaxBy(w => w.Quota.ResetsAt).Quota;
        return $"{{\"error\":{{\"type\":\"usage_limit_reached\",\"message\":\"The usage limit has been reached\",\"plan_type\":{JsonString.Quote(account.Plan)},\"resets_at\":{exhausted.ResetsAt.ToUnixTimeSeconds()},\"resets_in_seconds\":{Seconds(exhausted, now)}}}}}";
    }

    private static (string Name, SandboxQuota Quota, int Minutes)[] Windows(SandboxAccount account) =>
        [("primary", account.FiveHours, 300), ("secondary", account.SevenDays, 10_080)];

    private static string Percent(SandboxQuota quota) => (quota.Used * 100).ToString("0.##", CultureInfo.InvariantCulture);

    private static long Seconds(SandboxQuota quota, DateTimeOffset now) => Math.Max(0, (long)Math.Ceiling((quota.ResetsAt - now).TotalSeconds));
}
