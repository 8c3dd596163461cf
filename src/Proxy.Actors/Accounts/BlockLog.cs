using Microsoft.Extensions.Logging;

namespace Proxy.Actors.Accounts;

/// <summary>Words for the log about an account that stops serving, and serves again.</summary>
internal static class BlockLog
{
    /// <summary>Writes the line, if the change is worth one: what passes in a moment is not.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="profile">The account.</param>
    /// <param name="before">Why it did not serve before; null when it did.</param>
    /// <param name="now">Why it does not serve now; null when it does.</param>
    /// <param name="isFirst">It has just been added, with a line that said so.</param>
    public static void Write(ILogger log, AccountProfile profile, Ineligibility? before, Ineligibility? now, bool isFirst)
    {
        if (now?.Kind == IneligibilityKind.Paused)
        {
            // A removal has lines of its own, and so has a file that said so when it was added.
            if (before?.Kind != IneligibilityKind.Paused && now.Reason != AccountState.BeingRemoved && !(isFirst && profile.IsPaused))
            {
                log.LogInformation("{Account}: {Reason}", profile.Name, now.Reason);
            }
        }
        else if (now is { Kind: IneligibilityKind.LoginNeeded } && profile is { IsOAuth: true, IsLinked: false })
        {
            if (before?.Kind != IneligibilityKind.LoginNeeded)
            {
                log.LogError("{Account}: needs a new login, and serves nothing until then: {Reason}", profile.Name, now.Reason);
            }
        }
        else if (now is not null && IsWorthALine(now, isFirst) && (before?.Kind != now.Kind || before.Until != now.Until))
        {
            log.LogWarning("{Account}: {Reason}; not used {Until}", profile.Name, now.Reason, now.Until is { } until ? $"until {until.UtcDateTime:u}" : "until that changes");
        }
        else if (now is null && before is not null && (before.Kind == IneligibilityKind.Paused || IsWorthALine(before, isFirst)))
        {
            log.LogInformation("{Account}: serves again", profile.Name);
        }
    }

    private static bool IsWorthALine(Ineligibility block, bool isFirst) => block.Kind switch
    {
        IneligibilityKind.QuotaExhausted or IneligibilityKind.CoolingDown or IneligibilityKind.Failing or IneligibilityKind.Forbidden or IneligibilityKind.LoginNeeded => true,
        IneligibilityKind.Broken => !isFirst,
        _ => false,
    };
}
