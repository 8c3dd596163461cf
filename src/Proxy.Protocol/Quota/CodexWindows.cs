using System.Text.Json;

namespace Proxy.Protocol.Quota;

/// <summary>The windows of ChatGPT's backend, as headers, events and the usage endpoint tell them: the same four measures.</summary>
internal static class CodexWindows
{
    /// <summary>Adds the window that the measures tell of, if any. The first of two with one identity stays.</summary>
    /// <param name="windows">Where to.</param>
    /// <param name="measures">Used percent, length in minutes, reset in Unix seconds, reset in seconds from now.</param>
    /// <param name="isPrimary">Its place; tells the length only where nothing else does.</param>
    /// <param name="model">Whose limit; null for the account's.</param>
    /// <param name="hasCredits">Credits go on where the window ends.</param>
    /// <param name="now">The time.</param>
    public static void Add(List<QuotaWindow> windows, ReadOnlySpan<double?> measures, bool isPrimary, string? model, bool hasCredits, DateTimeOffset now)
    {
        if (QuotaNumbers.Percent(measures[0]) is not { } used || (used == 0 && measures[1] is null or 0 && measures[2] is null or 0))
        {
            return;
        }

        var length = measures[1] is > 0 and < 1e6 and var minutes ? TimeSpan.FromMinutes(Math.Round(minutes)) : isPrimary ? TimeSpan.FromHours(5) : TimeSpan.FromDays(7);
        var name = WindowNames.Of(length);
        if (windows.Exists(w => w.Name == name && w.Model == model))
        {
            return;
        }

        // 100 % alone refuses nothing: the backend says limit_reached and may go on (E135); only a refusal is one
        windows.Add(new QuotaWindow(name, used, QuotaNumbers.Reset(measures[2], measures[3], now), IsRejected: false, length, model) { IsAllowed = hasCredits });
    }

    /// <summary>The measures of a window in JSON; lengths come in minutes (events) or seconds (usage endpoint).</summary>
    public static double?[] Measures(JsonElement window) =>
    [
        QuotaNumbers.Number(window, "used_percent"),
        QuotaNumbers.Number(window, "window_minutes") ?? (QuotaNumbers.Number(window, "limit_window_seconds") / 60),
        QuotaNumbers.Number(window, "reset_at") ?? QuotaNumbers.Number(window, "resets_at"),
        QuotaNumbers.Number(window, "reset_after_seconds") ?? QuotaNumbers.Number(window, "resets_in_seconds"),
    ];

    /// <summary>True when credits go on where windows end.</summary>
    public static bool HasCredits(JsonElement root) =>
        root.TryGetProperty("credits", out var credits) && credits.ValueKind == JsonValueKind.Object
        && (QuotaNumbers.Flag(credits, "has_credits") == true || QuotaNumbers.Flag(credits, "unlimited") == true);

    /// <summary>Adds the two windows of a limit.</summary>
    public static void AddBoth(List<QuotaWindow> windows, JsonElement limit, string suffix, string? model, bool hasCredits, DateTimeOffset now)
    {
        foreach (var slot in (ReadOnlySpan<string>)["primary", "secondary"])
        {
            if (limit.TryGetProperty(slot + suffix, out var window) && window.ValueKind == JsonValueKind.Object)
            {
                Add(windows, Measures(window), isPrimary: slot == "primary", model, hasCredits, now);
            }
        }
    }

    /// <summary>The backend says that it refuses.</summary>
    public static bool Refuses(JsonElement limit) => QuotaNumbers.Flag(limit, "allowed") == false || QuotaNumbers.Flag(limit, "limit_reached") == true;
}
