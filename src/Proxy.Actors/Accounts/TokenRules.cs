using System.Collections.Immutable;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>What files and refreshes do to an account's token (docs/architecture.md, "Refresh"). Pure.</summary>
public static class TokenRules
{
    private const int MaxSuperseded = 8;

    // Its file is watched besides; this is for changes that no watch saw.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    /// <summary>The state after its file or entry was read (again). A new content never clears cooldowns, but a new pair ends a refused one.</summary>
    public static AccountState Apply(AccountState state, AccountChange.Defined e)
    {
        var defined = state with { Profile = e.Profile, IsRetiring = false };
        return !e.Profile.IsOAuth ? defined with { Token = state.Token ?? new AccountToken { Access = e.ApiKey, Generation = 1 } }
            : e.File is { } file ? Take(defined, file, e.At, e.Jitter, replacesOwn: false)
            : defined;
    }

    /// <summary>The state after a refresh.</summary>
    public static AccountState Apply(AccountState state, AccountChange.RefreshEnded e)
    {
        if (e.Outcome is not RenewalOutcome.Renewed && state.Refresh.Of is { } of && state.Token is { } token && token.Fingerprint != of)
        {
            // The owner logged in, or another process refreshed, while it ran: it says nothing about the pair in use.
            return state with { Refresh = RefreshStatus.Idle };
        }

        return e.Outcome switch
        {
            RenewalOutcome.Renewed renewed => Renewed(renewed),
            RenewalOutcome.Refused refused => Failed(state.Refresh.WasRefused(refused.Reason)),
            RenewalOutcome.Lost lost => Failed(state.Refresh.FailedForNow(e.At, lost.Reason, TimeSpan.Zero)),
            RenewalOutcome.Temporary temporary => Failed(state.Refresh.FailedForNow(e.At, temporary.Reason, temporary.RetryAfter)),
            RenewalOutcome.NotRenewed same => state with { Refresh = state.Refresh.FailedForNow(e.At, same.Reason, LookAgain) },
            RenewalOutcome.Broken broken => Failed(state.Refresh.FailedForNow(e.At, broken.Fault.Reason, null)),
            _ => state,
        };

        AccountState Failed(RefreshStatus status) => state with { Refresh = status, Counters = state.Counters with { FailedRefreshes = state.Counters.FailedRefreshes + 1 } };

        AccountState Renewed(RenewalOutcome.Renewed renewed)
        {
            var taken = Take(state, renewed.File, e.At, e.Jitter, replacesOwn: renewed.CalledProvider || renewed.NotSaved is not null);
            var pair = taken.Token!;
            return taken with
            {
                // A look at the file may have been faster, and taken the pair without knowing which one it replaced.
                Token = pair with { NotSaved = renewed.NotSaved, Superseded = renewed.CalledProvider ? With(pair, state.Refresh.Of) : pair.Superseded },
                Refresh = state.Refresh.Succeeded(e.At),
                Counters = state.Counters with { Refreshes = state.Counters.Refreshes + (renewed.CalledProvider ? 1 : 0) },
            };
        }
    }

    private static ImmutableArray<string> With(AccountToken token, string? replaced) =>
        replaced is null || replaced == token.Fingerprint || token.Superseded.Contains(replaced) ? token.Superseded : [.. token.Superseded.TakeLast(MaxSuperseded - 1), replaced];

    // A pair that is the current one, or that we ourselves replaced, changes nothing: files are read late.
    private static AccountState Take(AccountState state, AuthFile file, DateTimeOffset now, double jitter, bool replacesOwn)
    {
        var old = state.Token;
        var fingerprint = file.Tokens.Fingerprint;
        if (old is not null && old.Superseded.Contains(fingerprint))
        {
            return state;
        }

        if (old?.Fingerprint == fingerprint)
        {
            var expires = file.Expires ?? old.Expires;
            return state with
            {
                Token = old with
                {
                    Expires = expires,
                    RefreshDue = expires == old.Expires ? old.RefreshDue : RefreshSchedule.DueAt(file, now, jitter),
                    NotSaved = null,
                    IsRejected = old.IsRejected && !replacesOwn,
                },
            };
        }

        return state with
        {
            Token = new AccountToken
            {
                Access = file.Tokens.Access is { } access ? new Secret(access) : null,
                Pair = file.Tokens,
                Generation = (old?.Generation ?? 0) + 1,
                Expires = file.Expires,
                RefreshDue = RefreshSchedule.DueAt(file, now, jitter),
                Superseded = old is null ? [] : replacesOwn ? [.. old.Superseded.TakeLast(MaxSuperseded - 1), old.Fingerprint] : old.Superseded,
                IsAfterRejection = replacesOwn && old is { IsRejected: true } or { IsAfterRejection: true },
            },
            Refresh = state.Refresh.Phase == RefreshPhase.Running ? state.Refresh : RefreshStatus.Idle,
            Cooldowns = replacesOwn ? state.Cooldowns : state.Cooldowns.Without(CooldownCause.CredentialRefused),
        };
    }
}
