using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Counting;

/// <summary>Counts requests for upstreams that can't. The vocabulary is read at the first question: most proxies are never asked one.</summary>
internal sealed class TokenCounter
{
    private readonly Lazy<RankTable> _ranks = new(RankTable.ReadO200k);

    /// <summary>True once something was counted.</summary>
    public bool HasVocabulary => _ranks.IsValueCreated;

    /// <summary>Tokens of a <c>count_tokens</c> body; null with a problem when it is none.</summary>
    public long? Count(ReadOnlyMemory<byte> body, out RequestProblem? problem) =>
        TokenEstimate.Count(body, new O200kTokens(_ranks), out problem);
}
