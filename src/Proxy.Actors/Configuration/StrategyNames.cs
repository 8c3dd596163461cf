namespace Proxy.Actors.Configuration;

/// <summary>The values of <c>routing.strategy</c> (docs/decisions/0006-strategies.md).</summary>
public static class StrategyNames
{
    /// <summary>Accounts take turns.</summary>
    public const string RoundRobin = "round-robin";

    /// <summary>One account until it is out, then the next.</summary>
    public const string FillFirst = "fill-first";

    /// <summary>Turns in proportion to <c>weight</c>.</summary>
    public const string WeightedRoundRobin = "weighted-round-robin";

    /// <summary>The account whose weekly quota is lost first.</summary>
    public const string SoonestReset = "soonest-reset";

    /// <summary>All, the default first.</summary>
    public static IReadOnlyList<string> All { get; } = [RoundRobin, FillFirst, WeightedRoundRobin, SoonestReset];
}
