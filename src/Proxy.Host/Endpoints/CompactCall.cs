using Microsoft.AspNetCore.Http;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary>
/// <c>POST /v1/responses/compact</c>: a conversation made shorter by the account that will go on with it. Only ChatGPT's
/// backend can do that (spec/protocols.md 13).
/// </summary>
internal sealed class CompactCall() : EndpointCall(Dialect.OpenAIResponses, Operation.Compact)
{
    /// <inheritdoc />
    public override Purpose Purpose => Purpose.Compact;

    /// <inheritdoc />
    public override ClientError? Refuse(RoutingTable table, ClientRequest client, ResolvedModel model)
    {
        if (client.Stream)
        {
            return new ClientError(StatusCodes.Status400BadRequest, "Streaming is not supported for /responses/compact: leave 'stream' out.", Parameter: "stream");
        }

        var isEmpty = true;
        foreach (var account in table.Accounts)
        {
            isEmpty = false;
            if (Purpose.IsServedBy(account.Kind) && account.Models.Serves(model.Name))
            {
                return null;
            }
        }

        // Without any account the router knows better what to say.
        return isEmpty ? null : new ClientError(
            StatusCodes.Status501NotImplemented,
            $"/responses/compact is served by ChatGPT accounts only, and none of this proxy's serves the model '{client.Model}'. Send the conversation itself to /responses.",
            Code: "not_implemented",
            Parameter: "model");
    }
}
