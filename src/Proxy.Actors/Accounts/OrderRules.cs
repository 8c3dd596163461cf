using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>What an account makes of an order.</summary>
/// <param name="Change">What to apply; null for nothing.</param>
/// <param name="Answer">What to answer; null when a refresh is to be run (or joined), whose outcome is the answer.</param>
public sealed record OrderDecision(AccountChange? Change, OrderOutcome? Answer);

/// <summary>Orders to one account. Pure; the same for a running proxy and for its files alone.</summary>
public static class OrderRules
{
    /// <summary>What becomes of an order.</summary>
    public static OrderDecision Decide(AccountState state, AccountOrder order, DateTimeOffset now) => order switch
    {
        _ when state.IsRetiring => Refuse(AccountState.BeingRemoved),
        AccountOrder.Pause when state.PausedSince is not null => Done(null, "is paused already"),
        AccountOrder.Pause => Done(new AccountChange.Ordered(order, now), "is paused; requests in flight go on"),
        AccountOrder.Resume when state.PausedSince is null => Done(null, "was not paused"),
        AccountOrder.Resume => Done(new AccountChange.Ordered(order, now), "is resumed"),
        AccountOrder.Reset => Done(new AccountChange.Ordered(order, now), HasBlocks(state, now) ? "its cooldowns are forgotten; the next request tries it" : "had no cooldown to forget"),
        AccountOrder.Refresh when !state.Profile.IsOAuth => Refuse("has an API key, which needs no refresh"),
        AccountOrder.Refresh when state.Profile.Broken is { } broken => Refuse($"can't be refreshed: {broken}"),
        AccountOrder.Refresh when state.Profile.IsLinked => new OrderDecision(null, null),
        AccountOrder.Refresh when state.Token?.Pair?.Refresh is null => Refuse("has no refresh token; log in again"),
        AccountOrder.Refresh => new OrderDecision(null, null),
        _ => Refuse("has no file to remove"),
    };

    /// <summary>The state after an order.</summary>
    public static AccountState Apply(AccountState state, AccountChange.Ordered e) => e.Order switch
    {
        AccountOrder.Pause => state with { PausedSince = e.At },
        AccountOrder.Resume => state with { PausedSince = null },
        AccountOrder.Reset => state with
        {
            Cooldowns = state.Cooldowns with { All = [] },
            Quota = state.Quota.WithoutUsedUp(),
            LastProbe = null,
            Refresh = state.Refresh.Phase == RefreshPhase.BackingOff ? state.Refresh with { Phase = RefreshPhase.Idle, NextTry = null, Failures = 0 } : state.Refresh,
        },
        _ => state,
    };

    /// <summary>The outcome of a refresh as the answer to the order.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="expires">When the token that is in use after it ends.</param>
    public static OrderOutcome AnswerTo(RenewalOutcome outcome, DateTimeOffset? expires)
    {
        var until = expires is { } end ? $", good until {end.UtcDateTime:u}" : string.Empty;
        return outcome switch
        {
            RenewalOutcome.Renewed { NotSaved: { } fault } => new OrderOutcome(OrderResult.Failed, $"has a new token{until}, but it could not be saved: {fault}"),
            RenewalOutcome.Renewed { CalledProvider: true } => new OrderOutcome(OrderResult.Done, $"token refreshed{until}"),
            RenewalOutcome.Renewed => new OrderOutcome(OrderResult.Done, $"its file held a newer token already, which is used now{until}"),
            RenewalOutcome.NotRenewed same => new OrderOutcome(OrderResult.Refused, $"is linked, and {same.Reason}"),
            RenewalOutcome.Refused refused => new OrderOutcome(OrderResult.Refused, $"needs a new login: {refused.Reason}"),
            RenewalOutcome.Broken broken => new OrderOutcome(OrderResult.Failed, $"not refreshed: {broken.Fault.Reason}"),
            RenewalOutcome.Lost lost => new OrderOutcome(OrderResult.Failed, $"not refreshed: {lost.Reason}"),
            RenewalOutcome.Temporary temporary => new OrderOutcome(OrderResult.Failed, $"not refreshed: {temporary.Reason}"),
            _ => throw new InvalidOperationException($"no words for {outcome.GetType().Name}"),
        };
    }

    private static bool HasBlocks(AccountState state, DateTimeOffset now) =>
        state.Cooldowns.All.Any(c => c.Holds(now)) || state.Refresh.BacksOff(now) || !ReferenceEquals(state.Quota.WithoutUsedUp(), state.Quota);

    private static OrderDecision Done(AccountChange? change, string message) => new(change, new OrderOutcome(OrderResult.Done, message));

    private static OrderDecision Refuse(string message) => new(null, new OrderOutcome(OrderResult.Refused, message));
}
