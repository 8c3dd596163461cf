using System.Globalization;
using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Host.Counting;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary>
/// <c>POST /v1/messages/count_tokens</c>: Anthropic counts its own models; for others it is counted here, because no
/// upstream may be made to spend quota on a question that clients ask all the time (spec/protocols.md 12, docs/counting.md).
/// </summary>
internal sealed class CountTokensCall(TokenCounter counter) : EndpointCall(Dialect.AnthropicMessages, Operation.CountTokens)
{
    /// <inheritdoc />
    public override Purpose Purpose => Purpose.CountTokens;

    /// <inheritdoc />
    public override ValueTask<LocalAnswer?> AnswerLocallyAsync(RoutingTable table, ClientRequest client, ResolvedModel model)
    {
        var serving = table.Accounts.Where(a => a.Models.Serves(model.Name)).Select(a => a.Kind).ToHashSet();
        if (serving.Contains(UpstreamKind.Claude) || (serving.Count == 0 && model.Kind != UpstreamKind.Codex))
        {
            return default;
        }

        // Requests run on the thread that reads the sockets: a long text, or the vocabulary at the first question, would hold others up.
        return new ValueTask<LocalAnswer?>(Task.Run(() => Count(client.Body)));
    }

    private LocalAnswer? Count(ReadOnlyMemory<byte> body) => counter.Count(body, out var problem) is { } tokens
        ? new LocalAnswer(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"input_tokens":{{tokens}}}""")), null)
        : new LocalAnswer(default, problem);
}
