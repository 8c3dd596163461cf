using System.Collections.Frozen;

namespace Proxy.Actors.Accounts;

/// <summary>Makes what the router is told of an account. Pure.</summary>
internal static class AccountSnapshots
{
    /// <summary>The snapshot of a state. A block that a usage endpoint can re-test has no <see cref="AccountSnapshot.BlockedSince"/>: no client's request need do that.</summary>
    public static AccountSnapshot Of(AccountState state, DateTimeOffset now)
    {
        var profile = state.Profile;
        var cooldown = state.Cooldowns.ForAccount(now);
        var standing = state.Standing(now);
        var models = state.Cooldowns.All.Where(c => c is { Model: not null, IsFamily: false } && c.Holds(now)).Select(c => c.Model!).Distinct(StringComparer.Ordinal)
            .Select(m => state.Cooldowns.ForModel(m, now)!).ToList();
        var families = state.Cooldowns.All.Where(c => c.IsFamily && c.Holds(now)).ToList();
        var probed = standing is null && !UsageRules.CanTell(state, now) ? (cooldown is { Cause: CooldownCause.Quota } ? cooldown : families.FirstOrDefault(c => c.Cause == CooldownCause.Quota))?.Since : null;
        return new AccountSnapshot
        {
            Id = profile.Id,
            Label = profile.Label,
            Provider = profile.Provider,
            Kind = profile.Kind,
            Priority = profile.Priority,
            Weight = profile.Weight,
            IsSubscription = profile.IsOAuth,
            RequestRetry = profile.Retry.RequestRetry,
            Way = new(profile.BaseUrl, profile.Route.Proxy, profile.Route.NoProxy),
            Models = state.IsRetiring ? NoModels.Instance : profile.Models,
            Blocked = standing ?? cooldown?.ToIneligibility() ?? state.TokenBlock(now),
            AtCap = Admission.AtCap(state),
            AtRamp = Admission.AtRamp(state, now),
            Room = Admission.Room(state, now),
            BlockedModels = ModelPools.Blocked(profile.Models, models),
            BlockedFamilies = families.Count == 0
                ? FrozenDictionary<string, Ineligibility>.Empty
                : families.GroupBy(c => c.Model!, StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.MaxBy(c => c.Until)!.ToIneligibility(), StringComparer.Ordinal),
            Outlook = state.Quota.Outlook,
            BlockedSince = probed < state.LastProbe ? state.LastProbe : probed,
            InFlight = state.Leases.Count,
        };
    }
}
