using Proxy.Actors.Time;

namespace Proxy.Actors.Accounts;

/// <summary>Hands an account's readings and cooldowns to the store, a second after the first change of several. Used by its actor alone.</summary>
internal sealed class StateSaver(IAccountStateStore? store, ActorTimers timers)
{
    private const string Key = "save";
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    /// <summary>Something changed: the actor is told <see cref="AccountMessages.SaveDue"/> when it is time.</summary>
    public void Soon()
    {
        if (store is not null && !timers.IsArmed(Key))
        {
            timers.Single(Key, Delay, AccountMessages.SaveDue.Instance);
        }
    }

    /// <summary>Saves it now; null when there is nothing yet.</summary>
    public void Save(AccountState? state)
    {
        timers.Cancel(Key);
        if (state is not null)
        {
            store?.Save(state.Profile.Id, AccountStateJson.Write(state));
        }
    }
}
