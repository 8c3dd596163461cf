using System.Buffers;
using System.Globalization;
using System.Text;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary>
/// <c>POST /v1/messages/count_tokens</c>: Anthropic counts its own models; for others it is estimated here, because no
/// upstream may be made to spend quota on a question that clients ask all the time (spec/protocols.md 12).
/// </summary>
internal sealed class CountTokensCall() : EndpointCall(Dialect.AnthropicMessages, Operation.CountTokens)
{
    /// <inheritdoc />
    public override bool AnswerLocally(RoutingTable table, ClientRequest client, ResolvedModel model, IBufferWriter<byte> output, out RequestProblem? problem)
    {
        problem = null;
        var serving = table.Accounts.Where(a => a.Models.Serves(model.Name)).Select(a => a.Kind).ToHashSet();
        if (serving.Contains(UpstreamKind.Claude) || (serving.Count == 0 && model.Kind != UpstreamKind.Codex))
        {
            return false;
        }

        if (TokenEstimate.Count(client.Body, out problem) is { } tokens)
        {
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"input_tokens":{{tokens}}}""")));
        }

        return true;
    }
}
