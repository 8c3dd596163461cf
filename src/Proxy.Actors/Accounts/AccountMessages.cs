using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.UsageEndpoints;

namespace Proxy.Actors.Accounts;

/// <summary>What AccountsActor, its children and their own tasks and timers tell each other.</summary>
internal static class AccountMessages
{
    /// <summary>To an account: it is made of this now.</summary>
    public sealed record Changed(AccountDefinition Definition);

    /// <summary>To an account: its file or entry is gone; drain and stop.</summary>
    public sealed record Retire
    {
        public static Retire Instance { get; } = new();
    }

    /// <summary>To AccountsActor: the account has told the router its first snapshot.</summary>
    public sealed record Started(AccountId AccountId);

    /// <summary>To itself: the refresh task has ended.</summary>
    public sealed record RefreshDone(Task<RenewalOutcome> Renewal, RenewalOutcome Outcome);

    /// <summary>To itself, after a restart: what the file holds.</summary>
    public sealed record Reloaded(AuthFileReading Reading);

    /// <summary>To itself: its usage endpoint was asked.</summary>
    public sealed record UsageAnswered(UsageAnswer Answer, long Generation);

    /// <summary>To itself: look at the clock.</summary>
    public sealed record Wake
    {
        public static Wake Instance { get; } = new();
    }

    /// <summary>To itself: hand readings and cooldowns to the store.</summary>
    public sealed record SaveDue
    {
        public static SaveDue Instance { get; } = new();
    }
}

/// <summary>What AccountsActor is told and asked from outside.</summary>
public static class AccountsCommands
{
    /// <summary>An accepted configuration.</summary>
    public sealed record Reconfigure(ProxyConfiguration Configuration);

    /// <summary>Asked at start: answered with <see cref="Ready"/> once the files are read and the router knows every account.</summary>
    public sealed record AwaitReady
    {
        /// <summary>The one instance.</summary>
        public static AwaitReady Instance { get; } = new();
    }

    /// <summary>The answer to <see cref="AwaitReady"/>.</summary>
    /// <param name="Accounts">How many accounts there are.</param>
    public sealed record Ready(int Accounts);
}
