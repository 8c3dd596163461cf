using System.Text.Json;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Quota;

/// <summary>Parsers of quota readings: response headers, rate-limit events and refusals (spec/accounts.md 8.5, 8.6, wire-protocols.md 5).</summary>
public static class QuotaReadings
{
    private static readonly TimeSpan SameReset = TimeSpan.FromMinutes(2);

    /// <summary>Reads <c>anthropic-ratelimit-unified-*</c> or <c>x-codex-*</c> headers. Null when there are none.</summary>
    /// <param name="kind">Who answered.</param>
    /// <param name="headers">All headers of the answer; the case of names does not matter.</param>
    /// <param name="now">When the headers were read.</param>
    public static QuotaReading? FromHeaders(UpstreamKind kind, IEnumerable<KeyValuePair<string, string>> headers, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var reader = new QuotaHeaderReader(kind);
        foreach (var (name, value) in headers)
        {
            if (reader.Wants(name))
            {
                reader.Take(name, value);
            }
        }

        return reader.Read(now);
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
            var model = CodexHeaders.LimitOf(QuotaNumbers.Text(root, "metered_limit_name") ?? QuotaNumbers.Text(root, "limit_name"));
            var windows = new List<QuotaWindow>(2);
            CodexWindows.AddBoth(windows, limits, suffix: string.Empty, model, CodexWindows.HasCredits(root), now);
            return windows.Count == 0 ? null : new QuotaReading(now, windows)
            {
                Source = QuotaSource.Event,
                Plan = QuotaNumbers.Text(root, "plan_type"),
                IsWhole = model is null,
                IsRefusal = CodexWindows.Refuses(limits),
            };
        }
        catch (Exception unreadable) when (IsOfTheText(unreadable))
        {
            return null;
        }
    }

    /// <summary>
    /// What a refusal says of the windows: that of Anthropic stands in its headers; that of ChatGPT
    /// (<c>usage_limit_reached</c>) names a reset in its body, which tells the window together with the headers.
    /// Null for a refusal that speaks of no window.
    /// </summary>
    /// <param name="kind">Who refused.</param>
    /// <param name="headers">All headers; none for a refusal inside a stream.</param>
    /// <param name="isUsageLimit">The body says <c>usage_limit_reached</c>.</param>
    /// <param name="resetsAt">When, by the body; null when it does not say.</param>
    /// <param name="plan">The body's plan.</param>
    /// <param name="now">The time.</param>
    public static QuotaReading? FromRefusal(UpstreamKind kind, IEnumerable<KeyValuePair<string, string>> headers, bool isUsageLimit, DateTimeOffset? resetsAt, string? plan, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var reader = new QuotaHeaderReader(kind);
        foreach (var (name, value) in headers)
        {
            if (reader.Wants(name))
            {
                reader.Take(name, value);
            }
        }

        var told = reader.Read(now);
        if (!isUsageLimit)
        {
            return told is not null && told.Windows.Any(static w => w.IsRejected) ? told with { Source = QuotaSource.Refusal, IsRefusal = true } : null;
        }

        var model = reader.ActiveModel;
        var windows = told?.Windows.ToList() ?? [];
        var at = Blamed(windows, model, resetsAt);
        if (at >= 0)
        {
            windows[at] = windows[at] with { IsRejected = true, IsAllowed = false, ResetsAt = resetsAt ?? windows[at].ResetsAt };
        }
        else
        {
            // Which window it is, its reset tells: one that is farther away than five hours can't be the five-hour one.
            var length = resetsAt - now > TimeSpan.FromHours(5) + SameReset ? TimeSpan.FromDays(7) : TimeSpan.FromHours(5);
            windows.RemoveAll(w => w.Model == model && w.Length == length);
            windows.Add(new QuotaWindow(WindowNames.Of(length), null, resetsAt, IsRejected: true, length, model));
        }

        return new QuotaReading(now, windows) { Source = QuotaSource.Refusal, Plan = plan ?? told?.Plan, IsWhole = told is { IsWhole: true }, IsRefusal = true };
    }

    /// <summary>The plan that a refusal's body names; null when none.</summary>
    public static string? PlanOf(ReadOnlyMemory<byte> refusal)
    {
        try
        {
            using var document = JsonDocument.Parse(refusal);
            var at = document.RootElement;
            foreach (var name in (ReadOnlySpan<string>)["response", "error"])
            {
                at = at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var inner) ? inner : at;
            }

            return at.ValueKind == JsonValueKind.Object ? QuotaNumbers.Text(at, "plan_type") : null;
        }
        catch (Exception unreadable) when (IsOfTheText(unreadable))
        {
            return null;
        }
    }

    /// <summary>Not JSON, or a text in it that is no text (half of a surrogate pair).</summary>
    internal static bool IsOfTheText(Exception exception) => exception is JsonException or InvalidOperationException;

    // The one whose reset the body names; else the fullest of those that are full.
    private static int Blamed(List<QuotaWindow> windows, string? model, DateTimeOffset? resetsAt)
    {
        var same = windows.FindIndex(w => w.Model == model && (w.ResetsAt - resetsAt)?.Duration() <= SameReset);
        if (same >= 0)
        {
            return same;
        }

        var fullest = -1;
        for (var i = 0; i < windows.Count; i++)
        {
            if (windows[i].Model == model && windows[i].UsedShare >= 1 && (fullest < 0 || windows[i].ResetsAt > windows[fullest].ResetsAt))
            {
                fullest = i;
            }
        }

        return fullest;
    }
}
