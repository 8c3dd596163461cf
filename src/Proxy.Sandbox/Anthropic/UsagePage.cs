using System.Globalization;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>
/// The answer of GET /api/oauth/usage: windows in percent, times with fractions of a second. Families of models stand
/// in the old members (opus, sonnet) or, like all newer ones, in <c>limits</c>.
/// </summary>
internal static class UsagePage
{
    private static readonly string[] Old = ["opus", "sonnet"];

    public static string Of(QuotaFigures figures)
    {
        var members = new List<string> { Member("five_hour", figures.FiveHours), Member("seven_day", figures.SevenDays), "\"seven_day_oauth_apps\":null" };
        foreach (var family in Old)
        {
            members.Add(Member($"seven_day_{family}", figures.Models.Where(m => m.Key == family).Select(m => (SandboxQuota?)m.Value).FirstOrDefault()));
        }

        members.Add("\"iguana_necktie\":null");
        members.Add("\"extra_usage\":{\"is_enabled\":false,\"monthly_limit\":null,\"used_credits\":null,\"utilization\":null}");
        members.Add($"\"limits\":[{string.Join(',', Limits(figures))}]");
        return $"{{{string.Join(',', members)}}}";
    }

    private static IEnumerable<string> Limits(QuotaFigures figures)
    {
        if (figures.FiveHours is { } five)
        {
            yield return Limit("session", "session", five, "null");
        }

        yield return Limit("weekly_all", "weekly", figures.SevenDays, "null");
        foreach (var (family, quota) in figures.Models.Where(m => !Old.Contains(m.Key)))
        {
            var name = char.ToUpperInvariant(family[0]) + family[1..];
            yield return Limit("weekly_scoped", "weekly", quota, $"{{\"model\":{{\"id\":null,\"display_name\":{JsonString.Quote(name)}}},\"surface\":null}}");
        }
    }

    private static string Limit(string kind, string group, SandboxQuota quota, string scope) =>
        $"{{\"kind\":\"{kind}\",\"group\":\"{group}\",\"percent\":{Percent(quota)},\"resets_at\":\"{Time(quota)}\",\"scope\":{scope},\"is_active\":{(quota.IsExhausted ? "true" : "false")}}}";

    private static string Member(string name, SandboxQuota? quota) =>
        quota is { } told ? $"\"{name}\":{{\"utilization\":{Percent(told)},\"resets_at\":\"{Time(told)}\"}}" : $"\"{name}\":null";

    private static string Percent(SandboxQuota quota) => (quota.Used * 100).ToString("0.0##", CultureInfo.InvariantCulture);

    private static string Time(SandboxQuota quota) => quota.ResetsAt.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);
}
