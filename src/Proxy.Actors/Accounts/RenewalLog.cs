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
    public static void Write(ILogger log, AccountState state, RenewalOutcome outcome)
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
            case RenewalOutcome.Refused refused:
                log.LogError("{Account}: needs a new login, and serves nothing until then: {Reason}", id, refused.Reason);
                break;
            default:
                log.LogWarning("{Account}: token not refreshed: {Reason}; next try at {NextTry:u}", id, state.Refresh.Reason, state.Refresh.NextTry);
                break;
        }
    }
}
