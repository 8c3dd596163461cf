using Proxy.Protocol.Dialects;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>Picks the codecs for a pair of client dialect and upstream kind.</summary>
public static class ExchangeFactory
{
    /// <summary>Opens an exchange for one attempt.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="target">Where the attempt goes.</param>
    /// <param name="operation">What is asked of it.</param>
    /// <param name="nowUnixSeconds">Creation time to report where the upstream gives none.</param>
    /// <param name="requestId">Seed for ids that the upstream does not give.</param>
    public static Exchange Create(ClientRequest request, UpstreamTarget target, Operation operation, long nowUnixSeconds, string requestId)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(target);
        var exchange = Open(request, target, operation, nowUnixSeconds, requestId);
        return request.IsLegacyCompletion ? new CompletionsExchange(exchange, request.Stream, request.EchoedPrompt) : exchange;
    }

    private static Exchange Open(ClientRequest request, UpstreamTarget target, Operation operation, long nowUnixSeconds, string requestId)
    {
        var dialect = target.Kind.Dialect();
        if (request.Dialect != dialect || request.BodyDialect != dialect)
        {
            return TranslatedExchange.Create(request, target, operation, nowUnixSeconds, requestId);
        }

        return target.Kind switch
        {
            UpstreamKind.Claude => new ClaudeExchange(request, target, operation),
            UpstreamKind.Codex => new CodexExchange(request, target, operation),
            UpstreamKind.Compatible => new CompatibleExchange(request, target),
            _ => throw new ArgumentOutOfRangeException(nameof(target), target.Kind, "not an upstream kind"),
        };
    }
}
