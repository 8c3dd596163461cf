using System.Globalization;

namespace Proxy.Actors.Tests.Simulation;

/// <summary>What a subscription is: how much its windows hold, and how it stands when the month begins.</summary>
/// <param name="Number">1..6.</param>
/// <param name="Weekly">What a week holds. A 5 h window holds a seventh of it, the opus window two fifths.</param>
/// <param name="FirstReset">When its running week ends, after the beginning; every seven days from then on.</param>
/// <param name="Used">What share of that week is used at the beginning.</param>
internal sealed record SimPlan(int Number, double Weekly, TimeSpan FirstReset, double Used)
{
    public double FiveHours => Weekly / 7;

    public double Opus => Weekly * 0.4;

    public int Weight => (int)(Weekly / 1000);
}

/// <summary>A subscription as its provider sees it: the truth about its windows and its tokens.</summary>
internal sealed class SimAccount
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly TimeSpan FiveHours = TimeSpan.FromHours(5);
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(8);
    private readonly SimPlan _plan;
    private double _week;
    private double _opus;
    private double _short;
    private DateTimeOffset? _shortEnds;
    private readonly Dictionary<string, DateTimeOffset> _accessEnds = new(StringComparer.Ordinal);
    private int _generation;

    public SimAccount(SimPlan plan, DateTimeOffset start)
    {
        _plan = plan;
        (_week, _opus) = (plan.Weekly * plan.Used, plan.Opus * plan.Used);
        WeekEnds = start + plan.FirstReset;
        NewTokens(start);
    }

    public SimPlan Plan => _plan;

    public string FileName => $"claude-{_plan.Number}.json";

    public string Access => $"sandbox-access-sim-{_plan.Number}-g{_generation}";

    public string Refresh => $"sandbox-refresh-sim-{_plan.Number}-g{_generation}";

    public DateTimeOffset WeekEnds { get; private set; }

    public bool IsDead { get; private set; }

    public int Refreshes { get; private set; }

    /// <summary>What its weeks left unused, and what they held, over all resets while it was alive.</summary>
    public (double Unused, double Held) AtResets { get; private set; }

    /// <summary>A new pair; the old one is worth nothing from now on.</summary>
    public void NewTokens(DateTimeOffset now)
    {
        _generation++;
        _accessEnds[Access] = now + TokenLife;
        IsDead = false;
    }

    /// <summary>Trades its refresh token; null when it is refused.</summary>
    public string? Trade(string refresh, DateTimeOffset now)
    {
        refresh.ShouldBe(Refresh, "a refresh token that was used up was sent again");
        if (IsDead)
        {
            return null;
        }

        Refreshes++;
        NewTokens(now);
        return $$"""{"access_token":"{{Access}}","refresh_token":"{{Refresh}}","expires_in":{{(int)TokenLife.TotalSeconds}},"token_type":"Bearer"}""";
    }

    public bool Accepts(string? access, DateTimeOffset now) => !IsDead && access is not null && _accessEnds.TryGetValue(access, out var ends) && ends > now;

    /// <summary>The auth file of its present pair.</summary>
    public string ToFile(DateTimeOffset now) =>
        $$"""{"type":"claude","label":"account {{_plan.Number}}","access_token":"{{Access}}","refresh_token":"{{Refresh}}","expired":"{{_accessEnds[Access]:yyyy-MM-ddTHH:mm:ssZ}}","last_refresh":"{{now:yyyy-MM-ddTHH:mm:ssZ}}","weight":{{_plan.Weight}}}""";

    /// <summary>Its owner's login is revoked.</summary>
    public void Die() => IsDead = true;

    /// <summary>The provider gives everybody a fresh start, weeks end when they would have.</summary>
    public void ResetEarly() => (_week, _opus, _short, _shortEnds) = (0, 0, 0, null);

    /// <summary>The week is over.</summary>
    public void EndWeek()
    {
        if (!IsDead)
        {
            AtResets = (AtResets.Unused + Math.Max(0, _plan.Weekly - _week), AtResets.Held + _plan.Weekly);
        }

        (_week, _opus) = (0, 0);
        WeekEnds += Week;
    }

    public bool CanServe(string model, DateTimeOffset now) => !IsDead && RefusedBy(model, now) is null;

    /// <summary>The window that refuses a request now; null when none does.</summary>
    public string? RefusedBy(string model, DateTimeOffset now)
    {
        if (_shortEnds <= now)
        {
            (_short, _shortEnds) = (0, null);
        }

        return _week >= _plan.Weekly ? "7d"
            : _short >= _plan.FiveHours ? "5h"
            : model == Demand.Opus && _opus >= _plan.Opus ? "7d_opus"
            : null;
    }

    public void Charge(SimRequest request, DateTimeOffset now)
    {
        _shortEnds ??= Whole(now + FiveHours);
        _week += request.Size;
        _short += request.Size;
        _opus += request.Model == Demand.Opus ? request.Size : 0;
    }

    /// <summary>The headers of an answer.</summary>
    public Dictionary<string, string> Headers(string? refusedBy, DateTimeOffset now)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        Add("5h", _short / _plan.FiveHours, _shortEnds ?? now + FiveHours);
        Add("7d", _week / _plan.Weekly, WeekEnds);
        Add("7d_opus", _opus / _plan.Opus, WeekEnds);
        headers["anthropic-ratelimit-unified-status"] = refusedBy is null ? "allowed" : "rejected";
        return headers;

        void Add(string window, double used, DateTimeOffset ends)
        {
            headers[$"anthropic-ratelimit-unified-{window}-status"] = window == refusedBy ? "rejected" : "allowed";
            headers[$"anthropic-ratelimit-unified-{window}-utilization"] = used.ToString("0.####", CultureInfo.InvariantCulture);
            headers[$"anthropic-ratelimit-unified-{window}-reset"] = ends.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }
    }

    // Providers tell whole seconds.
    private static DateTimeOffset Whole(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
