namespace Proxy.Actors.Accounts;

/// <summary>
/// Remembers quota readings and cooldowns over a restart of the process, as JSON of the account's own making. A hint,
/// never a duty: it may have lost everything (docs/architecture.md, "State that outlives a process").
/// </summary>
public interface IAccountStateStore
{
    /// <summary>What was last saved for the account; null when there is nothing. Reads memory only, so an actor may call it.</summary>
    string? Load(AccountId account);

    /// <summary>Hands over the newest state and returns at once. The last writer wins; written at most once a second per account.</summary>
    void Save(AccountId account, string json);
}
