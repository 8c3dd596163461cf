namespace Proxy.Actors.Accounts;

/// <summary>
/// A cold account lets failovers in a few at a time, so that the sessions of an account that went out do not knock over
/// the next one (spec/user-demands.md 15): 4 at once, doubled with each success, all of them after 30 s.
/// </summary>
/// <param name="Since">When it began.</param>
/// <param name="Limit">Leases at once, of those granted since.</param>
public sealed record Ramp(DateTimeOffset Since, int Limit)
{
    /// <summary>An account that was not used for so long is cold.</summary>
    public static readonly TimeSpan ColdAfter = TimeSpan.FromMinutes(5);

    /// <summary>It fails open after this.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private const int FirstLimit = 4;

    /// <summary>When it is over.</summary>
    public DateTimeOffset Until => Since + Length;

    /// <summary>True from its beginning to its end.</summary>
    public bool Holds(DateTimeOffset now) => now < Until && now >= Since;

    /// <summary>The first step.</summary>
    public static Ramp Begin(DateTimeOffset now) => new(now, FirstLimit);

    /// <summary>The next step.</summary>
    public Ramp Raised() => this with { Limit = Math.Min(Limit * 2, int.MaxValue / 4) };
}
