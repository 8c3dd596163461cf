using System.Globalization;
using System.Text.Json;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Quota;

/// <summary>Parsers of quota readings: response headers and rate-limit events (spec/accounts.md 8.5, wire-protocols.md 5).</summary>
public static class QuotaReadings
{
    private const string Unified = "anthropic-ratelimit-unified-";

    /// <summary>Windows of Anthropic's unified headers: name, length, and the model family it is for.</summary>
    private static readonly (string Name, TimeSpan Length, string? Model)[] ClaudeWindows =
    [
        ("5h", TimeSpan.FromHours(5), null),
        ("7d", TimeSpan.FromDays(7), null),
        ("7d_oi", TimeSpan.FromDays(7), "opus"),
        ("7d_opus", TimeSpan.FromDays(7), "opus"),
        ("7d_sonnet", TimeSpan.FromDays(7), "sonnet"),
    ];

    /// <summary>Reads <c>anthropic-ratelimit-unified-*</c> or <c>x-codex-*</c> headers. Null when there are none.</summary>
    /// <param name="kind">Who answered.</param>
    /// <param name="header">Looks a header up by its lower-case name.</param>
    /// <param name="now">When the headers were read.</param>
    public static QuotaReading? FromHeaders(UpstreamKind kind, Func<string, string?> header, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(header);
        return kind switch
        {
            UpstreamKind.Claude => FromUnified(header, now),
            UpstreamKind.Codex => FromCodexHeaders(header, now),
            _ => null,
        };
    }

    /// <summary>Reads the data of a <c>codex.rate_limits</c> event. Null when it tells nothing.</summary>
    public static QuotaReading? FromCodexEvent(ReadOnlySpan<byte> data, DateTimeOffset now)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var limits = root.TryGetProperty("rate_limits", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : root;
            var windows = new List<QuotaWindow>(2);
            foreach (var name in (ReadOnlySpan<string>)["primary", "secondary"])
            {
                if (limits.TryGetProperty(name, out var window) && window.ValueKind == JsonValueKind.Object)
                {
                    windows.Add(CodexWindow(name, Number(window, "used_percent"), Number(window, "window_minutes"), Number(window, "resets_at") ?? Number(window, "reset_at"), Number(window, "resets_in_seconds") ?? Number(window, "reset_after_seconds"), now));
                }
            }

            var plan = root.TryGetProperty("plan_type", out var p) && p.ValueKind == JsonValueKind.String ? p.GetString() : null;
            return windows.Count == 0 ? null : new QuotaReading(now, windows) { Plan = plan };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static QuotaReading? FromUnified(Func<string, string?> header, DateTimeOffset now)
    {
        var windows = new List<QuotaWindow>(3);
        foreach (var (name, length, model) in ClaudeWindows)
        {
            var status = header($"{Unified}{name}-status");
            var reset = header($"{Unified}{name}-reset");
            var used = header($"{Unified}{name}-utilization");
            if (status is not null || reset is not null || used is not null)
            {
                windows.Add(new QuotaWindow(name, Share(used), Time(reset), IsRejected(status), length, model));
            }
        }

        var overall = header($"{Unified}status");
        if (IsRejected(overall) && !windows.Any(w => w.IsRejected))
        {
            // no window owns up to the refusal: the overall reset counts for the whole account
            windows.Add(new QuotaWindow("unified", null, Time(header($"{Unified}reset")), IsRejected: true, null, null));
        }

        return windows.Count == 0 ? null : new QuotaReading(now, windows);
    }

    private static QuotaReading? FromCodexHeaders(Func<string, string?> header, DateTimeOffset now)
    {
        var windows = new List<QuotaWindow>(2);
        foreach (var name in (ReadOnlySpan<string>)["primary", "secondary"])
        {
            if (header($"x-codex-{name}-used-percent") is { } used)
            {
                windows.Add(CodexWindow(
                    name,
                    Number(used),
                    Number(header($"x-codex-{name}-window-minutes")),
                    Number(header($"x-codex-{name}-reset-at")),
                    Number(header($"x-codex-{name}-reset-after-seconds")),
                    now));
            }
        }

        return windows.Count == 0 ? null : new QuotaReading(now, windows) { Plan = header("x-codex-plan-type") };
    }

    private static QuotaWindow CodexWindow(string name, double? usedPercent, double? minutes, double? resetAt, double? resetAfter, DateTimeOffset now) => new(
        name,
        usedPercent / 100,
        resetAt is > 0 and < 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds((long)resetAt) : resetAfter is >= 0 and < 1e9 ? now + TimeSpan.FromSeconds(resetAfter.Value) : null,

        // 100 % alone refuses nothing: the backend says limit_reached and may go on (E135); only a 429 is a refusal
        IsRejected: false,
        minutes is > 0 and < 1e7 ? TimeSpan.FromMinutes(minutes.Value) : null,
        null);

    private static bool IsRejected(string? status) => string.Equals(status, "rejected", StringComparison.OrdinalIgnoreCase);

    /// <summary>Utilisation comes as a share (0.42); a number above 2 can only be a percentage.</summary>
    private static double? Share(string? text) => Number(text) is not { } number ? null : number > 2 ? number / 100 : number;

    private static DateTimeOffset? Time(string? text)
    {
        if (Number(text) is { } unix)
        {
            return unix is > 0 and < 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds((long)unix) : null;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static double? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : null;
}
