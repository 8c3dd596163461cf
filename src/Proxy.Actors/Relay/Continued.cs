using Proxy.Actors.Accounts;
using Proxy.Actors.Relay.Continuations;
using Proxy.Protocol.Requests;

namespace Proxy.Actors.Relay;

/// <summary>
/// Requests that name items of earlier answers instead of sending them, as <c>@ai-sdk/openai</c> 2.x does
/// (spec/clients.md 2.10): the items take their names' places before anything else is done.
/// </summary>
internal static class Continued
{
    /// <summary>The request as if the client had sent everything itself, or why there is none.</summary>
    public static (RelayRequest Request, RequestProblem? Problem) Of(RelayRequest request, ItemStore items)
    {
        if (!request.Client.HasReferences)
        {
            return (request, null);
        }

        AccountId? last = null;
        var makers = new List<AccountId>();
        var client = ItemReferences.Expand(request.Client, Find, out var problem);
        return client is null ? (request, problem) : (request with
        {
            Client = client,
            ReasoningMakers = makers,
            Facts = request.Facts with { HasReasoning = client.HasReasoning, Preferred = last },
        }, null);

        // The account of the newest item: an older one may have been left for good reason.
        ReadOnlyMemory<byte> Find(string id)
        {
            if (items.Find(request.ClientKey, id) is not { } item)
            {
                return default;
            }

            last = item.Account;
            if (item.IsBound && !makers.Contains(item.Account))
            {
                makers.Add(item.Account);
            }

            return item.Json;
        }
    }
}
