using Proxy.Actors.Accounts;

namespace Proxy.Actors.Engine;

/// <summary>
/// The accounts in the hands of their owner: a running proxy answers it by its actors, and where none runs
/// <see cref="StoredAccounts"/> does by the files.
/// </summary>
public interface IAccountControl
{
    /// <summary>All accounts, with what only their owner may see.</summary>
    Task<AccountListing> ListAsync(CancellationToken cancellation);

    /// <summary>Carries out an order. What is impossible is an outcome; giving up on the wait does not call the order off.</summary>
    Task<OrderOutcome> OrderAsync(AccountId account, AccountOrder order, CancellationToken cancellation);
}
