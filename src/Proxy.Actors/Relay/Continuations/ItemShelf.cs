using Proxy.Actors.Accounts;
using Proxy.Protocol.Exchanges;

namespace Proxy.Actors.Relay.Continuations;

/// <summary>Where the items of one answer are put.</summary>
/// <param name="store">All of them.</param>
/// <param name="clientKey">Whose they are: a digest of the client's key; null = it showed none.</param>
/// <param name="account">Who makes them.</param>
internal sealed class ItemShelf(ItemStore store, string? clientKey, AccountId account)
{
    /// <summary>Keeps copies.</summary>
    public void Keep(IReadOnlyList<AnswerItem> items)
    {
        foreach (var item in items)
        {
            store.Keep(clientKey, item.Id, new KeptItem(item.Json.ToArray(), account, item.IsBound));
        }
    }
}
