using System.Collections.Immutable;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>A quota window with the time it was read.</summary>
public sealed record ObservedWindow(QuotaWindow Window, DateTimeOffset ObservedAt);

/// <summary>The latest statement about each quota window. Immutable.</summary>
public sealed record QuotaWindows
{
    /// <summary>Nothing is known.</summary>
    public static QuotaWindows None { get; } = new();

    /// <summary>By the provider's name of the window and its model.</summary>
    public ImmutableArray<ObservedWindow> All { get; init; } = [];

    /// <summary>The plan that the provider named last.</summary>
    public string? Plan { get; init; }

    /// <summary>When <see cref="Plan"/> was read.</summary>
    public DateTimeOffset PlanObservedAt { get; init; }

    /// <summary>Takes a reading. A window that was read later already keeps its later value; one that the reading does not name stays.</summary>
    public QuotaWindows With(QuotaReading reading)
    {
        var all = All;
        foreach (var window in reading.Windows)
        {
            var taken = new ObservedWindow(window, reading.ObservedAt);
            var old = all.FirstOrDefault(w => w.Window.Name == window.Name && w.Window.Model == window.Model);
            all = old is null ? all.Add(taken) : old.ObservedAt > reading.ObservedAt ? all : all.Replace(old, taken);
        }

        var quota = this with { All = all };
        return reading.Plan is { } plan && reading.ObservedAt >= PlanObservedAt ? quota with { Plan = plan, PlanObservedAt = reading.ObservedAt } : quota;
    }

    /// <summary>Without the windows that are said to be used up: they may have been reset since.</summary>
    public QuotaWindows WithoutUsedUp()
    {
        var left = All.RemoveAll(w => w.Window.IsRejected || w.Window.UsedShare >= 1);
        return left.Length == All.Length ? this : this with { All = left };
    }

    /// <summary>When the windows that the provider refuses by start anew: the latest of them after <paramref name="now"/>; null when none is known.</summary>
    public DateTimeOffset? RejectedUntil(bool wholeAccount, DateTimeOffset now)
    {
        DateTimeOffset? latest = null;
        foreach (var (window, _) in All)
        {
            if (window.IsRejected && window.ResetsAt > now && (window.Model is null == wholeAccount) && !(latest > window.ResetsAt))
            {
                latest = window.ResetsAt;
            }
        }

        return latest;
    }
}
