using System.Globalization;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>How the backend tells an account's quota: headers, event, error, usage endpoint (spec/wire-protocols.md 5).</summary>
internal static class UsageLimits
{
    public static IEnumerable<KeyValuePair<string, string>> Headers(SandboxAccount account, string model, DateTimeOffset now)
    {
        var figures = account.Figures;
        foreach (var window in Windows(figures))
        {
            foreach (var header in Measures($"x-codex-{window.Name}", window.Quota, window.Minutes, now))
            {
                yield return header;
            }
        }

        foreach (var (name, quota) in figures.Models)
        {
            foreach (var header in Measures($"x-codex-{Limit(name)}-primary", quota, 10_080, now))
            {
                yield return header;
            }

            yield return new($"x-codex-{Limit(name)}-limit-name", name);
        }

        yield return new("x-codex-plan-type", figures.Plan);
        yield return new("x-codex-active-limit", figures.Models.Where(m => QuotaFigures.IsOf(m.Key, model)).Select(m => $"codex_{Limit(m.Key)}").FirstOrDefault() ?? "premium");
        yield return new("x-codex-credits-has-credits", "False");
        yield return new("x-codex-credits-unlimited", "False");
    }

    public static byte[] Event(SandboxAccount account, DateTimeOffset now)
    {
        var figures = account.Figures;
        var windows = Windows(figures).Select(w => $"\"{w.Name}\":{Json(w.Quota, $"\"window_minutes\":{w.Minutes}", now)}");
        return SseText.Event("codex.rate_limits", $"{{\"type\":\"codex.rate_limits\",\"plan_type\":{JsonString.Quote(figures.Plan)},\"rate_limits\":{{{Allowed(figures.IsExhausted)},{string.Join(',', windows)}}},\"credits\":null}}");
    }

    public static string Error(QuotaFigures figures, string model, DateTimeOffset now)
    {
        var exhausted = Windows(figures).Where(w => w.Quota.IsExhausted).Select(w => w.Quota).Concat(figures.ExhaustedFor(model) is { } own ? [own.Value] : []).MaxBy(q => q.ResetsAt);
        return $"{{\"error\":{{\"type\":\"usage_limit_reached\",\"message\":\"The usage limit has been reached\",\"plan_type\":{JsonString.Quote(figures.Plan)},\"resets_at\":{exhausted.ResetsAt.ToUnixTimeSeconds()},\"resets_in_seconds\":{Seconds(exhausted, now)}}}}}";
    }

    /// <summary>The answer of GET /backend-api/wham/usage.</summary>
    public static string Usage(QuotaFigures figures, DateTimeOffset now)
    {
        var windows = Windows(figures);
        string Slot(string name) => windows.Where(w => w.Name == name).Select(w => Json(w.Quota, $"\"limit_window_seconds\":{w.Minutes * 60}", now)).FirstOrDefault() ?? "null";
        var more = figures.Models.Select(m =>
            $"{{\"limit_name\":{JsonString.Quote(m.Key)},\"metered_feature\":\"codex_{Limit(m.Key)}\",\"rate_limit\":{{{Allowed(m.Value.IsExhausted)},\"primary_window\":{Json(m.Value, "\"limit_window_seconds\":604800", now)},\"secondary_window\":null}}}}");
        return $"{{\"plan_type\":{JsonString.Quote(figures.Plan)},\"rate_limit\":{{{Allowed(figures.IsExhausted)},\"primary_window\":{Slot("primary")},\"secondary_window\":{Slot("secondary")}}},"
            + $"\"code_review_rate_limit\":null,\"additional_rate_limits\":[{string.Join(',', more)}],\"credits\":{{\"has_credits\":false,\"unlimited\":false,\"balance\":null}},\"promo\":null}}";
    }

    private static IEnumerable<KeyValuePair<string, string>> Measures(string prefix, SandboxQuota quota, int minutes, DateTimeOffset now) =>
    [
        new($"{prefix}-used-percent", Percent(quota)),
        new($"{prefix}-window-minutes", minutes.ToString(CultureInfo.InvariantCulture)),
        new($"{prefix}-reset-after-seconds", Seconds(quota, now).ToString(CultureInfo.InvariantCulture)),
        new($"{prefix}-reset-at", quota.ResetsAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
    ];

    // Without a five-hour window the weekly one moves up.
    private static (string Name, SandboxQuota Quota, int Minutes)[] Windows(QuotaFigures figures) =>
        figures.FiveHours is { } five ? [("primary", five, 300), ("secondary", figures.SevenDays, 10_080)] : [("primary", figures.SevenDays, 10_080)];

    private static string Json(SandboxQuota quota, string length, DateTimeOffset now) =>
        $"{{\"used_percent\":{Percent(quota)},{length},\"reset_after_seconds\":{Seconds(quota, now)},\"reset_at\":{quota.ResetsAt.ToUnixTimeSeconds()}}}";

    private static string Allowed(bool isReached) => $"\"allowed\":{(isReached ? "false" : "true")},\"limit_reached\":{(isReached ? "true" : "false")}";

    /// <summary>The backend's code name of a model's limit.</summary>
    private static string Limit(string model) => string.Concat(model.Where(char.IsAsciiLetterOrDigit));

    private static string Percent(SandboxQuota quota) => (quota.Used * 100).ToString("0.##", CultureInfo.InvariantCulture);

    private static long Seconds(SandboxQuota quota, DateTimeOffset now) => Math.Max(0, (long)Math.Ceiling((quota.ResetsAt - now).TotalSeconds));
}
