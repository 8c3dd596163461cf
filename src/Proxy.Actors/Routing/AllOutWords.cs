using System.Globalization;
using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Routing;

/// <summary>An account that serves the model.</summary>
/// <param name="Account">The account.</param>
/// <param name="Reason">Why it can't serve now; null when it could, but the request's tries are used up.</param>
/// <param name="Tried">How this request's last try of it failed; null without one.</param>
internal readonly record struct AccountReason(AccountSnapshot Account, Ineligibility? Reason, Failure? Tried);

/// <summary>The words of <see cref="AllOut"/>: each account's reason by label, who is back first comes first, and never more than a screenful. Pure.</summary>
internal static class AllOutWords
{
    /// <summary>Accounts named one by one; of the others only how many are out for what.</summary>
    private const int MostNamed = 12;

    private const int LongestReason = 240;

    /// <summary>One text for a person.</summary>
    public static string Message(string opening, List<AccountReason> reasons, DateTimeOffset now)
    {
        reasons.Sort(static (a, b) => (a.Reason?.Until ?? DateTimeOffset.MaxValue).CompareTo(b.Reason?.Until ?? DateTimeOffset.MaxValue));
        var text = new StringBuilder(opening);
        var named = reasons.Count <= MostNamed + 1 ? reasons.Count : MostNamed;
        for (var i = 0; i < named; i++)
        {
            var (account, reason, tried) = reasons[i];
            text.Append(i == 0 ? " " : "; ").Append(account.Label).Append(": ").Append(Cut(reason?.Reason ?? tried?.Message ?? "not tried, this request has had all its tries"));
            if (reason?.Until is { } until && until > now)
            {
                text.Append(CultureInfo.InvariantCulture, $" (for {Span(until - now)}, until {until.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC)");
            }
        }

        if (named < reasons.Count)
        {
            text.Append(CultureInfo.InvariantCulture, $"; and {reasons.Count - named} more: ").AppendJoin(", ", Others(reasons, named));
        }

        return AppendMending(text.Append('.'), reasons).ToString();
    }

    /// <summary>Where no header can go out any more, and for people, the wait is told in words.</summary>
    public static string TryAgain(string message, int seconds) => string.Create(CultureInfo.InvariantCulture, $"{message} Please try again in {seconds}s.");

    /// <summary>What became of the network: where to, for whom, and how often it was tried.</summary>
    public static string Unreachable(List<Attempt> attempts)
    {
        var (last, tries) = (attempts[^1], 0);
        foreach (var attempt in attempts)
        {
            tries += attempt.SpeaksAgainstWay > 0 && attempt.Way.IsSameAs(last.Way) ? 1 : 0;
        }

        var times = tries > 1 ? string.Create(CultureInfo.InvariantCulture, $", tried {tries} times") : string.Empty;
        return $"{last.Failure?.Message} ({last.Way.BaseUrl?.Authority}, account {last.Label}{times})";
    }

    /// <summary>What a person does about accounts that no time brings back.</summary>
    private static StringBuilder AppendMending(StringBuilder text, List<AccountReason> reasons)
    {
        var (claude, codex, key) = (false, false, false);
        foreach (var (account, reason, _) in reasons)
        {
            var isOut = reason?.Kind == IneligibilityKind.LoginNeeded;
            claude |= isOut && account.IsSubscription && account.Provider == "claude";
            codex |= isOut && account.IsSubscription && account.Provider == "codex";
            key |= isOut && !account.IsSubscription;
        }

        _ = claude ? text.Append(" To log in to Claude again: 'accounts login claude', or start the proxy once with --claude-login.") : text;
        _ = codex ? text.Append(" To log in to ChatGPT again: 'accounts login codex', or start the proxy once with --codex-login.") : text;
        return key ? text.Append(" A refused API key is replaced in config.yaml.") : text;
    }

    private static IEnumerable<string> Others(List<AccountReason> reasons, int named) =>
        reasons.Skip(named).GroupBy(r => Name(r.Reason?.Kind), StringComparer.Ordinal)
            .OrderByDescending(g => g.Count())
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {g.Key}"));

    private static string Name(IneligibilityKind? kind) => kind switch
    {
        null => "tried",
        IneligibilityKind.QuotaExhausted => "without quota",
        IneligibilityKind.CoolingDown => "rate limited",
        IneligibilityKind.Forbidden => "forbidden by the provider",
        IneligibilityKind.ModelUnavailable => "without the model",
        IneligibilityKind.LoginNeeded => "that need a login",
        IneligibilityKind.Paused => "paused",
        IneligibilityKind.Broken => "broken",
        IneligibilityKind.Failing => "failing",
        _ => "busy",
    };

    private static string Span(TimeSpan wait) => wait switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalSeconds)} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalMinutes)} min"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)wait.TotalHours} h {wait.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)wait.TotalDays} d {wait.Hours} h"),
    };

    private static string Cut(string reason)
    {
        reason = reason.TrimEnd('.', ' ');
        return reason.Length <= LongestReason ? reason : string.Concat(reason.AsSpan(0, char.IsHighSurrogate(reason[LongestReason - 1]) ? LongestReason - 1 : LongestReason), "…");
    }
}
