using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Anthropic.Requests;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.OpenAIChat.Requests;
using Proxy.Protocol.OpenAIResponses.Requests;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// An exchange between two dialects: the client's body is read into a conversation and written for the upstream, the
/// answer comes back as events. The Codex backend only streams, so that a client without a stream gets a gathered answer.
/// </summary>
internal sealed class TranslatedExchange : Exchange
{
    private const string AnthropicVersion = "2023-06-01";
    private const string OAuthBeta = "oauth-2025-04-20";

    private readonly ClientRequest _request;
    private readonly UpstreamTarget _target;
    private readonly Operation _operation;
    private readonly long _nowUnixSeconds;
    private readonly string _requestId;
    private readonly WriteContext _context;
    private readonly List<KeyValuePair<string, string>> _headers = [];
    private RequestEcho? _echo;

    private TranslatedExchange(ClientRequest request, UpstreamTarget target, Operation operation, long nowUnixSeconds, string requestId)
    {
        _request = request;
        _target = target;
        _operation = operation;
        _nowUnixSeconds = nowUnixSeconds;
        _requestId = requestId;
        _context = new WriteContext
        {
            Model = target.Model,
            Info = target.Info,
            Thinking = target.Thinking,
            StripReasoning = target.StripReasoning,
            SystemPreamble = target.SystemPreamble,
            SessionKey = SessionKeys.Find(name => request.Headers.GetValueOrDefault(name.ToLowerInvariant()), request),
        };
    }

    /// <inheritdoc />
    public override bool UpstreamStreams => _target.Kind == UpstreamKind.Codex || _request.Stream;

    /// <inheritdoc />
    public override string Path => _target.Kind switch
    {
        UpstreamKind.Claude => _context.Betas.Count > 0 ? "/v1/messages?beta=true" : "/v1/messages",
        UpstreamKind.Codex => "/responses",
        _ => "/chat/completions",
    };

    /// <inheritdoc />
    public override IReadOnlyList<KeyValuePair<string, string>> Headers => _headers;

    private Dialect Upstream => _target.Kind.Dialect();

    private RequestEcho Echo => _echo ?? throw new InvalidOperationException("the request has not been written");

    /// <summary>Opens the exchange of a pair whose dialects differ.</summary>
    public static Exchange Create(ClientRequest request, UpstreamTarget target, Operation operation, long nowUnixSeconds, string requestId) =>
        new TranslatedExchange(request, target, operation, nowUnixSeconds, requestId);

    /// <inheritdoc />
    public override IReadOnlyList<string> Losses => _context.Losses;

    /// <inheritdoc />
    public override RequestProblem? WriteRequest(IBufferWriter<byte> body)
    {
        if (_operation == Operation.CountTokens)
        {
            return new RequestProblem("this upstream does not count tokens; the count is an estimate of the proxy's own");
        }

        if (_operation == Operation.Compact)
        {
            return new RequestProblem("this upstream does not compact conversations");
        }

        var conversation = Read(out var problem);
        problem ??= conversation is null ? new RequestProblem("the body can't be read") : Write(conversation, body);
        if (problem is null)
        {
            _echo = ClientEcho.Of(_request, conversation!, _context, _target, _nowUnixSeconds, _requestId);
            WriteHeaders();
        }

        return problem;
    }

    /// <inheritdoc />
    public override AnswerStream OpenStream() =>
        _request.Stream ? new TranslatedAnswerStream(Upstream, _request.Dialect, Echo) : new GatheredAnswerStream(Upstream, _request.Dialect, Echo);

    /// <inheritdoc />
    public override SingleResult WriteSingle(ReadOnlyMemory<byte> upstreamBody, IBufferWriter<byte> output)
    {
        var events = new List<AnswerEvent>();
        AnswerCodecs.SingleReader(Upstream).Read(upstreamBody, events);
        var writer = AnswerCodecs.SingleWriter(_request.Dialect, Echo);
        foreach (var @event in events)
        {
            switch (@event)
            {
                case AnswerFailed failed:
                    return new SingleResult(Usage.Unknown, failed.Error);
                case AnswerEnded ended:
                    writer.Add(ended);
                    writer.Write(output);
                    return new SingleResult(ended.Usage, null);
                default:
                    writer.Add(@event);
                    break;
            }
        }

        return new SingleResult(Usage.Unknown, UpstreamErrorReader.Unreadable(upstreamBody));
    }

    private Conversation? Read(out RequestProblem? problem) => _request.BodyDialect switch
    {
        Dialect.AnthropicMessages => AnthropicRequestReader.Read(_request.Body, out problem),
        Dialect.OpenAIChat => ChatRequestReader.Read(_request.Body, out problem),
        _ => ResponsesRequestReader.Read(_request.Body, out problem),
    };

    private RequestProblem? Write(Conversation conversation, IBufferWriter<byte> body) => _target.Kind switch
    {
        UpstreamKind.Claude => AnthropicRequestWriter.Write(conversation, _context, body),
        UpstreamKind.Codex => ResponsesRequestWriter.Write(conversation, _context, body),
        _ => ChatRequestWriter.Write(conversation, _context, body),
    };

    private void WriteHeaders()
    {
        _headers.Clear();
        switch (_target.Kind)
        {
            case UpstreamKind.Claude:
                _headers.Add(new("anthropic-version", AnthropicVersion));
                var betas = _target.IsOAuth ? [.. _context.Betas, OAuthBeta] : _context.Betas;
                if (betas.Count > 0)
                {
                    _headers.Add(new("anthropic-beta", string.Join(',', betas.Distinct(StringComparer.Ordinal))));
                }

                break;
            case UpstreamKind.Codex when _context.PromptCacheKey is { Length: > 0 and <= 256 } key && !key.AsSpan().ContainsAnyExceptInRange(' ', '~'):
                // spec/protocols.md 2.2: the header repeats the cache key
                _headers.Add(new("Session-Id", key));
                break;
        }
    }
}
