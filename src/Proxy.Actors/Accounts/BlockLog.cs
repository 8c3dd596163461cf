using Microsoft.Extensions.Logging;

namespace Proxy.Actors.Accounts;

/// <summary>Words for the log about an account that stops serving, and serves again.</summary>
internal static class BlockLog
{
    /// <summary>Writes the line, if the change is worth one: what passes in a moment is not, and a login has a line of its own.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="profile">The account.</param>
    /// <param name="before">Why it did not serve before; null when it did.</param>
    /// <param name="now">Why it does not serve now; null when it does.</param>
    public static void Write(ILogger log, AccountProfile profile, Ineligibility? before, Ineligibility? now)
    {
        if (now is not null && IsWorthALine(now, profile) && (before?.Kind != now.Kind || before.Until != now.Until))
        {
            log.LogWarning("{Account}: {Reason}; not used {Until}", profile.Name, now.Reason, now.Until is { } until ? $"until {until.UtcDateTime:u}" : "until that changes");
        }
        else if (now is null && before is not null && IsWorthALine(before, profile))
        {
            log.LogInformation("{Account}: serves again", profile.Name);
        }
    }

    private static bool IsWorthALine(Ineligibility block, AccountProfile profile) => block.Kind switch
    {
        IneligibilityKind.QuotaExhausted or IneligibilityKind.CoolingDown or IneligibilityKind.Forbidden => true,
        IneligibilityKind.LoginNeeded => !profile.IsOAuth,
        _ => false,
    };
}
