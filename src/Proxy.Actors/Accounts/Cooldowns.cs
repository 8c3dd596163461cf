using System.Collections.Immutable;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Accounts;

/// <summary>Why something cools down; each cause has a clock of its own, so that a short one never ends a long one.</summary>
public enum CooldownCause
{
    /// <summary>A quota window is used up.</summary>
    Quota,

    /// <summary>A rate limit with its wait.</summary>
    RateLimit,

    /// <summary>403 or 402.</summary>
    Forbidden,

    /// <summary>A challenge page.</summary>
    Challenge,

    /// <summary>The account does not have the model.</summary>
    ModelUnavailable,

    /// <summary>5xx.</summary>
    Transient,

    /// <summary>The API key, or even a fresh token, is refused (401).</summary>
    CredentialRefused,

    /// <summary>Its own outbound proxy fails.</summary>
    ProxyFails,
}

/// <summary>One cooldown.</summary>
/// <param name="Model">The upstream's model name, or with <see cref="IsFamily"/> a family of models; null for the whole account.</param>
/// <param name="Cause">Why.</param>
/// <param name="Since">When it was last applied.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Level">How many in a row, from 0.</param>
/// <param name="Sequence">Orders it with leases: a success of an older lease says nothing about it.</param>
/// <param name="Reason">In words, with a status or code, free of secrets.</param>
public sealed record Cooldown(string? Model, CooldownCause Cause, DateTimeOffset Since, DateTimeOffset Until, int Level, long Sequence, string Reason)
{
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    /// <summary><see cref="Model"/> names a family (<see cref="ModelFamily"/>): models that share a window.</summary>
    public bool IsFamily { get; init; }

    /// <summary>The quota window that was refused by, as far as it is known.</summary>
    public CooldownWindow? Window { get; init; }

    /// <summary>True when it is about <paramref name="model"/>, be it alone or with its family; false for those of the whole account.</summary>
    public bool IsAbout(string model) => Model is not null && (IsFamily ? ModelFamily.Of(model) == Model : model == Model);

    /// <summary>
    /// True from its beginning to its end. One that begins in the future was begun before the clock was set back: its
    /// end is of no worth, and the next request tells anew (spec/faults.md 55).
    /// </summary>
    public bool Holds(DateTimeOffset now) => Until > now && Since <= now + Slack;

    /// <summary>What the router is told.</summary>
    public Ineligibility ToIneligibility() => new(
        Cause switch
        {
            CooldownCause.Quota => IneligibilityKind.QuotaExhausted,
            CooldownCause.Forbidden => IneligibilityKind.Forbidden,
            CooldownCause.ModelUnavailable => IneligibilityKind.ModelUnavailable,
            CooldownCause.CredentialRefused => IneligibilityKind.LoginNeeded,
            CooldownCause.Transient or CooldownCause.Challenge or CooldownCause.ProxyFails => IneligibilityKind.Failing,
            _ => IneligibilityKind.CoolingDown,
        },
        Until,
        Reason);
}

/// <summary>The identity of a quota window (<see cref="QuotaWindow"/>).</summary>
public sealed record CooldownWindow(string Name, string? Model);

/// <summary>All cooldowns of an account. Ended ones stay, for their level, until a success removes them. Immutable.</summary>
public sealed record Cooldowns
{
    /// <summary>None.</summary>
    public static Cooldowns None { get; } = new();

    private const int MaxEntries = 256;
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(12);

    /// <summary>All, ended ones included.</summary>
    public ImmutableArray<Cooldown> All { get; init; } = [];

    /// <summary>Rises with each cooldown that begins.</summary>
    public long Sequence { get; init; }

    /// <summary>The one that blocks the whole account longest at <paramref name="now"/>; null when none does.</summary>
    public Cooldown? ForAccount(DateTimeOffset now) => Longest(static (c, _) => c.Model is null, string.Empty, now);

    /// <summary>The one that blocks <paramref name="model"/> longest, beside those of the account; null when none does.</summary>
    public Cooldown? ForModel(string model, DateTimeOffset now) => Longest(static (c, m) => c.IsAbout(m), model, now);

    /// <summary>
    /// Begins (or goes on with) a cooldown. Failures of leases granted before the running one began neither shorten it
    /// nor raise its level: they are the same bad moment (spec/accounts.md 8.7).
    /// </summary>
    /// <param name="model">Upstream model name; null for the account.</param>
    /// <param name="cause">Why.</param>
    /// <param name="now">The time.</param>
    /// <param name="leaseSequence">The <see cref="Sequence"/> at which the failed lease was granted.</param>
    /// <param name="until">When it ends, given its level.</param>
    /// <param name="reason">In words.</param>
    /// <param name="isFamily"><paramref name="model"/> is a family.</param>
    /// <param name="window">The quota window that was refused by.</param>
    public Cooldowns Begin(string? model, CooldownCause cause, DateTimeOffset now, long leaseSequence, Func<int, DateTimeOffset> until, string reason, bool isFamily = false, CooldownWindow? window = null)
    {
        var old = All.FirstOrDefault(c => c.Cause == cause && c.Model == model && c.IsFamily == isFamily);
        if (old is not null && leaseSequence < old.Sequence)
        {
            var end = until(old.Level);
            return end > old.Until ? this with { All = All.Replace(old, old with { Until = end, Reason = reason }) } : this;
        }

        var level = old is null ? 0 : old.Level + 1;
        var begun = new Cooldown(model, cause, now, until(level), level, Sequence + 1, reason) { IsFamily = isFamily, Window = window };
        return this with { All = old is null ? Bounded(now).Add(begun) : All.Replace(old, begun), Sequence = begun.Sequence };
    }

    /// <summary>A request for <paramref name="model"/> went well: what began before its lease is over.</summary>
    public Cooldowns AfterSuccess(string model, long leaseSequence)
    {
        var left = All.RemoveAll(c => c.Sequence <= leaseSequence && (c.Model is null || c.IsAbout(model)));
        return left.Length == All.Length ? this : this with { All = left };
    }

    /// <summary>Without those of one cause.</summary>
    public Cooldowns Without(CooldownCause cause)
    {
        var left = All.RemoveAll(c => c.Cause == cause);
        return left.Length == All.Length ? this : this with { All = left };
    }

    /// <summary>Without that one: what it went by is known to be over.</summary>
    public Cooldowns Without(Cooldown cooldown) => this with { All = All.Remove(cooldown) };

    /// <summary>That one was asked about and still holds: since then, and until the end that is told now.</summary>
    public Cooldowns Confirmed(Cooldown cooldown, DateTimeOffset at, DateTimeOffset until) =>
        this with { All = All.Replace(cooldown, cooldown with { Since = at, Until = until }) };

    // Models are named by clients. Of a cooldown that is over only the level matters, and that not for ever.
    private ImmutableArray<Cooldown> Bounded(DateTimeOffset now)
    {
        var left = All.RemoveAll(c => c.Until + Remembered <= now);
        return left.Length < MaxEntries ? left : left.Remove(left.MinBy(c => c.Until)!);
    }

    private Cooldown? Longest(Func<Cooldown, string, bool> counts, string model, DateTimeOffset now)
    {
        Cooldown? longest = null;
        foreach (var cooldown in All)
        {
            if (cooldown.Holds(now) && counts(cooldown, model) && (longest is null || cooldown.Until > longest.Until))
            {
                longest = cooldown;
            }
        }

        return longest;
    }
}
