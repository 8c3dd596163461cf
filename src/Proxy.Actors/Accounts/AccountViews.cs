using System.Text.Json;
using System.Text.Json.Serialization;

namespace Proxy.Actors.Accounts;

/// <summary>Makes the redacted picture of an account.</summary>
internal static class AccountViews
{
    public static AccountView Of(AccountState state, int waiters, DateTimeOffset now)
    {
        var profile = state.Profile;
        var blocked = state.ToSnapshot(now) is var snapshot ? snapshot.Blocked ?? snapshot.AtCap : null;
        return new AccountView
        {
            Id = profile.Id.Value,
            Label = profile.Label,
            Provider = profile.Provider,
            Credential = profile.IsLinked ? "linked" : profile.IsOAuth ? "oauth" : "api-key",
            State = blocked is null ? "ready" : $"{JsonNamingPolicy.KebabCaseLower.ConvertName(blocked.Kind.ToString())}: {blocked.Reason}",
            StateUntil = blocked?.Until,
            PausedBy = profile.IsPaused ? "its file (disabled)" : state.PausedSince is { } since ? $"a command at {since.UtcDateTime:u}" : null,
            Plan = state.Quota.Plan,
            Priority = profile.Priority,
            Token = state.Token is { Pair: not null } token
                ? new TokenView(token.Fingerprint, token.Generation, token.Expires, (token.Expires - now)?.TotalSeconds, token.RefreshDue, state.Refresh.InWords(now), state.Refresh.LastRefreshed, token.NotSaved)
                : null,
            Windows = QuotaViews.Of(state.Quota, now),
            UsageEndpoint = profile.Usage is null ? null : state.Usage.InWords(now),
            Cooldowns = [.. state.Cooldowns.All.Where(c => c.Holds(now)).Select(c => new CooldownView(c.Model, c.Cause.ToString(), c.Since, c.Until, c.Level, c.Reason))],
            Leases = [.. state.Leases.Values.OrderBy(l => l.Id.Value).Select(l => new LeaseView(l.Id.Value, l.Ticket.Value, l.Model, l.Purpose.ToString(), l.Generation, (now - l.GrantedAt).TotalSeconds))],
            Waiters = waiters,
            Counters = state.Counters,
            LastFailure = state.LastFailure,
        };
    }
}

/// <summary>The part of an account that outlives the process: readings and cooldowns, as JSON.</summary>
internal static class AccountStateJson
{
    public static string Write(AccountState state) =>
        JsonSerializer.Serialize(new RememberedState(state.Quota, state.Cooldowns, state.LastProbe) { PausedSince = state.PausedSince }, RememberedJson.Default.RememberedState);

    /// <summary>Takes up what was remembered; what can't be read is forgotten: it only ever is a hint.</summary>
    public static AccountState Recall(AccountState state, string? json)
    {
        if (json is null)
        {
            return state;
        }

        try
        {
            return JsonSerializer.Deserialize(json, RememberedJson.Default.RememberedState) is { Quota: { All.IsDefault: false } quota, Cooldowns: { All.IsDefault: false } cooldowns } remembered
                ? state with { Quota = quota.WithOutlook(), Cooldowns = cooldowns.Without(CooldownCause.CredentialRefused), LastProbe = remembered.LastProbe, PausedSince = state.Profile.IsOAuth ? null : remembered.PausedSince }
                : state;
        }
        catch (JsonException)
        {
            return state;
        }
    }
}

internal sealed record RememberedState(QuotaWindows? Quota, Cooldowns? Cooldowns, DateTimeOffset? LastProbe)
{
    public DateTimeOffset? PausedSince { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RememberedState))]
internal sealed partial class RememberedJson : JsonSerializerContext;
