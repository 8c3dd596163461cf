using Microsoft.Extensions.Logging;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>Words for the log about the end of a refresh. Free of secrets: outcomes carry none in words.</summary>
internal static class RenewalLog
{
    /// <summary>Writes the line, if the outcome is worth one.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="state">The state after it.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="now">The time.</param>
    public static void Write(ILogger log, AccountState state, RenewalOutcome outcome, DateTimeOffset now)
    {
        var id = state.Profile.Name;
        switch (outcome)
        {
            case RenewalOutcome.Renewed { NotSaved: { } fault }:
                log.LogError("{Account}: has a new token that could not be saved: {Fault}", id, fault);
                break;
            case RenewalOutcome.Renewed { CalledProvider: true }:
                log.LogInformation("{Account}: token refreshed, good until {Expires:u}", id, state.Token?.Expires);
                break;
            case RenewalOutcome.Renewed:
                break;
            case RenewalOutcome.NotRenewed same:
                if (state.Refresh.Failures == 1 && state.Token?.IsUsable(now) == true)
                {
                    log.LogWarning("{Account}: its token ends at {Expires:u}, and {Reason}", id, state.Token.Expires, same.Reason);
                }

                break;
            case not RenewalOutcome.Renewed when state.Refresh.Phase == RefreshPhase.Idle:
                break; // about a pair that is no longer in use
            case RenewalOutcome.Refused refused:
                if (state.Token?.IsUsable(now) == true)
                {
                    log.LogWarning("{Account}: needs a new login soon, its token serves until {Expires:u}: {Reason}", id, state.Token.Expires, refused.Reason);
                }

                break; // else it is blocked from now on, and BlockLog says so
            default:
                log.LogWarning("{Account}: token not refreshed: {Reason}; next try at {NextTry:u}", id, state.Refresh.Reason, state.Refresh.NextTry);
                break;
        }
    }
}
