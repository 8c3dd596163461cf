using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>A quota window with the time it was read.</summary>
public sealed record ObservedWindow(QuotaWindow Window, DateTimeOffset ObservedAt)
{
    /// <summary>How it was read.</summary>
    public QuotaSource Source { get; init; }

    /// <summary>How it filled up.</summary>
    public QuotaHistory History { get; init => field = value ?? QuotaHistory.Empty; } = QuotaHistory.Empty;

    /// <summary>It has started anew since it was read: what it says holds no more.</summary>
    public bool IsOver(DateTimeOffset now) => Window.ResetsAt <= now;

    /// <summary>Where it is heading; null when that can't be told.</summary>
    public QuotaForecast? Forecast(DateTimeOffset now) => QuotaForecast.Of(History.Points.AsSpan(), Window.ResetsAt, Window.Length, now);
}

/// <summary>The latest statement about each quota window. Immutable.</summary>
public sealed record QuotaWindows
{
    /// <summary>Nothing is known.</summary>
    public static QuotaWindows None { get; } = new();

    private const int Most = 32;
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    /// <summary>By name and model.</summary>
    public ImmutableArray<ObservedWindow> All { get; init; } = [];

    /// <summary>The plan that the provider named last.</summary>
    public string? Plan { get; init; }

    /// <summary>When <see cref="Plan"/> was read.</summary>
    public DateTimeOffset PlanObservedAt { get; init; }

    /// <summary>What choice goes by.</summary>
    [JsonIgnore]
    public QuotaOutlook Outlook { get; init; } = QuotaOutlook.Unknown;

    /// <summary>When a window of the whole account was last read; null for never.</summary>
    [JsonIgnore]
    public DateTimeOffset? LastRead
    {
        get
        {
            DateTimeOffset? last = null;
            foreach (var seen in All)
            {
                last = seen.Window.Model is null && !(last > seen.ObservedAt) ? seen.ObservedAt : last;
            }

            return last;
        }
    }

    /// <summary>Without the windows that are said to be used up: they may have been reset since.</summary>
    public QuotaWindows WithoutUsedUp()
    {
        var left = All.RemoveAll(w => w.Window.IsRejected || w.Window.UsedShare >= 1);
        return left.Length == All.Length ? this : (this with { All = left }).WithOutlook();
    }

    /// <summary>
    /// Takes a reading. A window that was read later already keeps its later value. One that the reading does not name
    /// stays, unless the reading names all there are, or another plan: then it is gone (spec/faults.md 59).
    /// </summary>
    public QuotaWindows With(QuotaReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var at = reading.ObservedAt;
        var isNewer = at >= PlanObservedAt;
        var isOtherPlan = isNewer && Plan is not null && reading.Plan is { } named && named != Plan;
        var all = ImmutableArray.CreateBuilder<ObservedWindow>(All.Length + reading.Windows.Count);
        foreach (var old in All)
        {
            if (Find(reading, old.Window) is { } window)
            {
                all.Add(old.ObservedAt > at ? old : Taken(old, window));
            }
            else if (old.ObservedAt > at || !(IsGone(old.Window, reading, isOtherPlan) || at - old.ObservedAt > Remembered))
            {
                all.Add(old);
            }
        }

        foreach (var window in reading.Windows)
        {
            if (all.Count < Most && !Knows(all, window))
            {
                all.Add(Taken(null, window));
            }
        }

        var quota = (this with { All = all.ToImmutable() }).WithOutlook();
        return reading.Plan is { } plan && isNewer ? quota with { Plan = plan, PlanObservedAt = at } : quota;

        ObservedWindow Taken(ObservedWindow? old, QuotaWindow window) =>
            new(window, at) { Source = reading.Source, History = (old?.History ?? QuotaHistory.Empty).With(old?.Window, window, at) };
    }

    /// <summary>Without readings of the future: they were taken before the clock was set back, and would keep out every newer one (spec/faults.md 55).</summary>
    public QuotaWindows WithoutFuture(DateTimeOffset now)
    {
        var latest = now + Slack;
        var left = All.RemoveAll(w => w.ObservedAt > latest);
        var quota = left.Length == All.Length ? this : (this with { All = left }).WithOutlook();
        return quota.PlanObservedAt > latest ? quota with { PlanObservedAt = default } : quota;
    }

    /// <summary>The same with its outlook, which is not written down.</summary>
    public QuotaWindows WithOutlook() => this with { Outlook = QuotaOutlook.Of(this) };

    /// <summary>When the windows that the provider refuses by start anew: the latest of them after <paramref name="now"/>; null when none is known.</summary>
    /// <param name="wholeAccount">Of the account; else of models.</param>
    /// <param name="now">The time.</param>
    public DateTimeOffset? RejectedUntil(bool wholeAccount, DateTimeOffset now) => Latest(static w => w.IsRejected, wholeAccount, null, now);

    /// <summary>When the windows that are spent start anew: the latest of them after <paramref name="now"/>; null when none is known.</summary>
    /// <param name="model">Of that model (family); null for those of the account.</param>
    /// <param name="now">The time.</param>
    public DateTimeOffset? SpentUntil(string? model, DateTimeOffset now) => Latest(static w => w.IsSpent, model is null, model, now);

    /// <summary>What is known of the windows of a model, or of the account, at <paramref name="now"/>.</summary>
    /// <param name="model">The model (family); null for the account.</param>
    /// <param name="since">Only what was read then or later shows room.</param>
    /// <param name="now">The time.</param>
    /// <returns>True when there is room, false when one is spent, null when nothing new is known.</returns>
    public bool? HasRoom(string? model, DateTimeOffset since, DateTimeOffset now)
    {
        bool? room = null;
        foreach (var seen in All)
        {
            if (seen.Window.Model != model || seen.IsOver(now))
            {
                continue;
            }

            if (seen.Window.IsSpent)
            {
                return false;
            }

            if (seen.ObservedAt >= since && (seen.Window.UsedShare is not null || seen.Window.IsAllowed))
            {
                room = true;
            }
        }

        return room;
    }

    private DateTimeOffset? Latest(Func<QuotaWindow, bool> counts, bool wholeAccount, string? model, DateTimeOffset now)
    {
        DateTimeOffset? latest = null;
        foreach (var (window, _) in All)
        {
            if (counts(window) && window.ResetsAt > now && (window.Model is null) == wholeAccount && (model is null || window.Model == model) && !(latest > window.ResetsAt))
            {
                latest = window.ResetsAt;
            }
        }

        return latest;
    }

    private static bool IsGone(QuotaWindow old, QuotaReading reading, bool isOtherPlan) =>
        isOtherPlan || (old.Model is null ? reading.IsWhole : reading.IsWholeOfModels)

        // a refusal without a name is over as soon as the account's windows speak of none
        || (old.Name == WindowNames.Unified && reading.Windows.Any(static w => w.Model is null));

    private static QuotaWindow? Find(QuotaReading reading, QuotaWindow same)
    {
        foreach (var window in reading.Windows)
        {
            if (window.Name == same.Name && window.Model == same.Model)
            {
                return window;
            }
        }

        return null;
    }

    private static bool Knows(ImmutableArray<ObservedWindow>.Builder all, QuotaWindow same)
    {
        foreach (var seen in all)
        {
            if (seen.Window.Name == same.Name && seen.Window.Model == same.Model)
            {
                return true;
            }
        }

        return false;
    }
}
