using System.Text.Json;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Quota;

/// <summary>
/// Parsers of what usage endpoints answer. Both endpoints are undocumented; their shapes are those that public issue
/// threads and other programs' parsers show, alike in dozens of them up to September 2026.
/// <para>
/// <b>Anthropic</b>, <c>GET /api/oauth/usage</c>: <c>five_hour</c>, <c>seven_day</c> and <c>seven_day_&lt;bucket&gt;</c>, each
/// null or <c>{utilization: 0–100, resets_at: RFC 3339 or null}</c> (sure); since summer 2026 the limits of single models
/// stand in <c>limits[] {kind: session|weekly_all|weekly_scoped, percent, resets_at, scope: {model: {id, display_name}, surface}}</c>
/// instead (quite sure: several live captures). <c>extra_usage.is_enabled</c>: paid use goes on at 100 %. Members with
/// code names (<c>iguana_necktie</c>, <c>tangelo</c>, …) and scopes without a model are left aside. A token without the
/// scope <c>user:profile</c> is answered 403; clients other than the provider's own meet 429 sooner.
/// </para>
/// <para>
/// <b>ChatGPT</b>, <c>GET /backend-api/wham/usage</c>: <c>plan_type</c>, <c>rate_limit {allowed, limit_reached,
/// primary_window, secondary_window}</c>, each window null or <c>{used_percent, limit_window_seconds,
/// reset_after_seconds, reset_at}</c> (sure); <c>additional_rate_limits[] {limit_name, metered_feature, rate_limit}</c> for
/// models with a limit of their own and <c>credits {has_credits, unlimited}</c> (quite sure).
/// <c>code_review_rate_limit</c> is another product's.
/// </para>
/// </summary>
public static class UsageAnswers
{
    private static readonly (string Word, TimeSpan Length)[] Words =
        [("five_hour", TimeSpan.FromHours(5)), ("seven_day", TimeSpan.FromDays(7)), ("one_day", TimeSpan.FromDays(1)), ("thirty_day", TimeSpan.FromDays(30))];

    /// <summary>Reads an answer. Null for one that can't be understood.</summary>
    /// <param name="kind">Whose.</param>
    /// <param name="body">The decoded body.</param>
    /// <param name="asked">When it was asked: it may be as old as that.</param>
    public static QuotaReading? Read(UpstreamKind kind, ReadOnlyMemory<byte> body, DateTimeOffset asked)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind != JsonValueKind.Object ? null
                : kind == UpstreamKind.Claude ? Claude(document.RootElement, asked)
                : kind == UpstreamKind.Codex ? Codex(document.RootElement, asked)
                : null;
        }
        catch (Exception unreadable) when (QuotaReadings.IsOfTheText(unreadable))
        {
            return null;
        }
    }

    /// <summary>Reads <c>five_hour</c>, <c>seven_day</c>, <c>seven_day_opus</c>: names of windows in words. Null for others.</summary>
    internal static (TimeSpan Length, string? Bucket)? ParseWords(string? name)
    {
        foreach (var (word, length) in Words)
        {
            if (name is not null && name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                var rest = name.AsSpan(word.Length);
                if (rest.Length == 0)
                {
                    return (length, null);
                }

                if (rest[0] == '_' && WindowNames.Bucket(rest[1..]) is { } bucket)
                {
                    return (length, bucket);
                }
            }
        }

        return null;
    }

    private static QuotaReading? Claude(JsonElement root, DateTimeOffset asked)
    {
        var isKnown = false;
        var isPaidBeyond = root.TryGetProperty("extra_usage", out var extra) && extra.ValueKind == JsonValueKind.Object && QuotaNumbers.Flag(extra, "is_enabled") == true;
        var windows = new List<QuotaWindow>(4);
        foreach (var member in root.EnumerateObject())
        {
            if (ParseWords(member.Name) is var (length, bucket))
            {
                isKnown = true;
                if (member.Value.ValueKind == JsonValueKind.Object && QuotaNumbers.Number(member.Value, "utilization") is { } percent)
                {
                    Add(windows, length, bucket, percent, member.Value, isPaidBeyond);
                }
            }
        }

        if (root.TryGetProperty("limits", out var limits) && limits.ValueKind == JsonValueKind.Array)
        {
            isKnown = true;
            foreach (var limit in limits.EnumerateArray())
            {
                if (limit.ValueKind == JsonValueKind.Object && Scope(limit) is var (length, bucket) && QuotaNumbers.Number(limit, "percent") is { } percent)
                {
                    Add(windows, length, bucket, percent, limit, isPaidBeyond);
                }
            }
        }

        return isKnown ? new QuotaReading(asked, windows) { Source = QuotaSource.UsageEndpoint, IsWhole = true, IsWholeOfModels = true } : null;
    }

    private static (TimeSpan Length, string? Bucket)? Scope(JsonElement limit) => QuotaNumbers.Text(limit, "kind") switch
    {
        "session" => (TimeSpan.FromHours(5), null),
        "weekly_all" => (TimeSpan.FromDays(7), null),
        "weekly_scoped" when limit.TryGetProperty("scope", out var scope) && scope.ValueKind == JsonValueKind.Object
            && scope.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.Object
            && WindowNames.Bucket(QuotaNumbers.Text(model, "display_name") ?? QuotaNumbers.Text(model, "id")) is { } bucket => (TimeSpan.FromDays(7), bucket),
        _ => null,
    };

    // The first of two with one identity stays.
    private static void Add(List<QuotaWindow> windows, TimeSpan length, string? bucket, double percent, JsonElement told, bool isPaidBeyond)
    {
        var name = WindowNames.Of(length);
        if (!windows.Exists(w => w.Name == name && w.Model == bucket))
        {
            windows.Add(new QuotaWindow(name, QuotaNumbers.Percent(percent), QuotaNumbers.Time(QuotaNumbers.Text(told, "resets_at")), IsRejected: false, length, bucket) { IsAllowed = isPaidBeyond });
        }
    }

    private static QuotaReading? Codex(JsonElement root, DateTimeOffset asked)
    {
        if (!root.TryGetProperty("rate_limit", out var main))
        {
            return null;
        }

        var hasCredits = CodexWindows.HasCredits(root);
        var windows = new List<QuotaWindow>(4);
        var refuses = false;
        if (main.ValueKind == JsonValueKind.Object)
        {
            refuses = CodexWindows.Refuses(main) && !hasCredits;
            CodexWindows.AddBoth(windows, main, "_window", model: null, hasCredits, asked);
        }

        if (root.TryGetProperty("additional_rate_limits", out var more) && more.ValueKind == JsonValueKind.Array)
        {
            foreach (var limit in more.EnumerateArray())
            {
                if (limit.ValueKind == JsonValueKind.Object
                    && WindowNames.Bucket(QuotaNumbers.Text(limit, "limit_name") ?? QuotaNumbers.Text(limit, "metered_feature")) is { } model
                    && limit.TryGetProperty("rate_limit", out var inner) && inner.ValueKind == JsonValueKind.Object)
                {
                    CodexWindows.AddBoth(windows, inner, "_window", model, hasCredits, asked);
                }
            }
        }

        return new QuotaReading(asked, windows)
        {
            Source = QuotaSource.UsageEndpoint,
            Plan = QuotaNumbers.Text(root, "plan_type"),
            IsWhole = true,
            IsWholeOfModels = true,
            IsRefusal = refuses,
        };
    }
}
