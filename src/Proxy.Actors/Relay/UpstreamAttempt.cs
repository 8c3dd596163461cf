using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Outbound;
using Proxy.Actors.Routing;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Actors.Relay;

/// <summary>One call of one upstream: from the lease to its end, which is judged once, in <see cref="Judge"/>.</summary>
internal sealed class UpstreamAttempt(RelayParts parts, RelayRequest request, ClientSide client, StreamWatch watch, RouterAnswers.Use use)
{
    /// <summary>Enough for every error text; a page of HTML beyond it says no more.</summary>
    private const int MaxErrorBody = 64 * 1024;

    /// <summary>In characters. A shorter key ("none", "lm-studio") may be a word of the message.</summary>
    private const int ShortestSecret = 12;

    /// <summary>A failed answer's body is worth this wait and no more.</summary>
    private static readonly TimeSpan ErrorBodyWait = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lease _lease = use.Lease;
    private readonly AttemptReports _reports = new(parts, request, use, client.Streams);
    private Usage _single = Usage.Unknown;
    private bool _hasTimedOut;
    private bool _hasHeaders;
    private HttpResponseMessage? _response;
    private AnswerStream? _answer;
    private AnswerPump? _pump;

    /// <summary>Why it failed; null when it did not.</summary>
    public Failure? Failure { get; private set; }

    /// <summary>Why the request can't be expressed; with <see cref="AttemptEnd.Refused"/>.</summary>
    public RequestProblem? Problem { get; private set; }

    /// <summary>The tokens it reported.</summary>
    public Usage Usage => _answer?.Usage ?? _single;

    /// <summary>When its first content came, as a timestamp; null when none did.</summary>
    public long? FirstContentAt { get; private set; }

    /// <summary>The headers of its answer; null when there was none. Readable after the end, too.</summary>
    public HttpResponseHeaders? Headers => _response?.Headers;

    /// <summary>The answer's body has been seen to end: its connection is somebody else's by now.</summary>
    public bool IsReadToItsEnd { get; set; }

    /// <summary>Ends what is being awaited of this upstream.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>The upstream is overdue.</summary>
    public void TimeOut()
    {
        _hasTimedOut = true;
        _cancellation.Cancel();
    }

    /// <summary>Makes the call. Tells the account how it ended exactly once, and the ledger.</summary>
    public async Task<AttemptEnd> RunAsync()
    {
        var end = AttemptEnd.Cancelled;
        using var withRequest = watch.RequestToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
        try
        {
            end = await CallAsync();
        }
        finally
        {
            watch.ForgetUpstream();
            Leave(end);
            var outcome = new AttemptOutcome(
                Failure,
                Committed: end == AttemptEnd.Served || client.Gate.State == GateState.Committed,
                Cancelled: end is AttemptEnd.Cancelled or AttemptEnd.Refused);
            _reports.Ended(outcome, new AttemptFigures((int?)_response?.StatusCode, Failure?.Class, Usage, FirstContentAt));
        }

        return end;
    }

    /// <summary>Takes note of the first content; the answer's stream calls it.</summary>
    public void SawContent() => FirstContentAt ??= parts.Time.GetTimestamp();

    /// <summary>Tells the account what a rate-limit event inside the stream said.</summary>
    public void Observe(ReadOnlySpan<byte> codexEvent) => _reports.Observe(codexEvent);

    /// <summary>The answer is not one: what the upstream sent, or that it sent nothing, is judged, once.</summary>
    public AttemptEnd Judge(UpstreamError error)
    {
        Failure = FailureClassifier.Classify(error, parts.Time.GetUtcNow());
        if (client.Gate.State != GateState.Committed)
        {
            return AttemptEnd.Failed;
        }

        _answer?.WriteFailure(Failure, client);
        return AttemptEnd.Broken;
    }

    /// <summary>An <see cref="UpstreamError"/> of this attempt, to be filled.</summary>
    public UpstreamError NewError() => new() { Kind = _lease.Kind, IsOAuth = _lease.IsOAuth, Rules = _lease.ErrorRules };

    private async Task<AttemptEnd> CallAsync()
    {
        if (_lease.IsOAuth && !OutboundRoute.MayCarryLogin(_lease.BaseUrl))
        {
            Judge(NewError() with { Network = NetworkFault.Tls });
            Failure = Failure! with { Message = $"the base URL of account {_lease.Label} is http://: a login is only sent over https, or to this machine" };
            return AttemptEnd.Failed;
        }

        var exchange = AttemptTarget.Open(parts, request, use);
        var body = new PooledBufferWriter(request.Client.Body.Length + 1024);
        using var content = new PooledContent(body);
        Problem = exchange.WriteRequest(body);
        if (Problem is not null)
        {
            return AttemptEnd.Refused;
        }

        AttemptTarget.ApplyPayload(request, _lease, body);
        if (exchange.Losses.Count > 0 && parts.Log.IsEnabled(LogLevel.Debug))
        {
            parts.Log.LogDebug("request {RequestId} goes to {Account} without {Losses}", request.RequestId, use.Lease.Label, string.Join("; ", exchange.Losses));
        }

        try
        {
            await SendAsync(exchange, content);
            content.Dispose();
            if (!_response!.IsSuccessStatusCode)
            {
                return await ReadErrorAsync(_response);
            }

            var source = await _response.Content.ReadAsStreamAsync(Token);
            if (exchange.UpstreamStreams)
            {
                _answer = exchange.OpenStream();
                _pump = new AnswerPump(this, request, client, watch, exchange, _answer, isCodex: _lease.Kind == UpstreamKind.Codex);
                return await _pump.RunAsync(source, Encoding(_response));
            }

            return await ReadSingleAsync(exchange, source, _response);
        }
        catch (Exception) when (watch.RequestToken.IsCancellationRequested)
        {
            return AttemptEnd.Cancelled;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException or InvalidDataException)
        {
            // A connection that breaks in the middle of an answer is a cut answer, not an unreachable upstream.
            var name = Name(fault);
            return Judge(name == NetworkFault.Reset && _pump is { Received: > 0 }
                ? NewError() with { IsTruncated = true }
                : NewError() with { Network = name });
        }
    }

    private async Task SendAsync(Exchange exchange, PooledContent content)
    {
        var options = request.Configuration.Relay;
        var route = OutboundRoute.For(_lease.ProxyUrl, _lease.NoProxy, request.Configuration.ProxyUrl);
        var message = UpstreamRequest.Create(_lease, exchange, content, request.ClientHeader);
        watch.ExpectUpstream(exchange.UpstreamStreams ? options.StreamHeaders : options.SingleHeaders);
        var sent = OutboundFactory.SendAsync(parts.Outbound.For(message.RequestUri!, route), message, Token);
        if (!sent.IsCompleted)
        {
            await client.AttendAsync(sent.ConfigureAwait(false).GetAwaiter(), this);
        }

        _response = await sent;
        _hasHeaders = true;
        watch.ExpectUpstream(options.FirstContent);
        if (_lease.Kind != UpstreamKind.Compatible)
        {
            _reports.Observe(_response.Headers.NonValidated);
        }
    }

    private async Task<AttemptEnd> ReadErrorAsync(HttpResponseMessage response)
    {
        watch.ExpectUpstream(ErrorBodyWait);
        using var body = new PooledBufferWriter();
        try
        {
            using var source = await response.Content.ReadAsStreamAsync(Token);
            await UpstreamBody.ReadAsync(source, body, MaxErrorBody, client, this);
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException or OperationCanceledException && !watch.RequestToken.IsCancellationRequested)
        {
            // Status and headers say enough; what came of the body is used.
        }

        var decoded = BodyDecoder.Decode(body.Written, Encoding(response), new DecodeLimits(MaxErrorBody));
        var status = (int)response.StatusCode;
        return Judge(NewError() with
        {
            Status = status,
            Headers = response.Headers.NonValidated.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.First(), StringComparer.OrdinalIgnoreCase),
            Body = decoded.Fault == DecodeFault.None ? WithoutToken(decoded.Bytes) : default,
            Network = status is >= 300 and < 400 ? NetworkFault.Redirect : null,
        });
    }

    /// <summary>Servers like to quote the key that they refuse; what keys of compatible ones look like, nobody knows.</summary>
    private byte[] WithoutToken(ReadOnlyMemory<byte> body)
    {
        var token = _lease.Token?.Reveal() is { Length: >= ShortestSecret } secret ? System.Text.Encoding.ASCII.GetBytes(secret) : null;
        return token is null || body.Span.IndexOf(token) < 0
            ? body.ToArray()
            : System.Text.Encoding.Latin1.GetBytes(System.Text.Encoding.Latin1.GetString(body.Span).Replace(_lease.Token!.Reveal(), "***", StringComparison.Ordinal));
    }

    private async Task<AttemptEnd> ReadSingleAsync(Exchange exchange, Stream source, HttpResponseMessage response)
    {
        var limit = request.Configuration.Relay.MaxSingleAnswer;
        using var body = new PooledBufferWriter(16 * 1024);
        var isWhole = await UpstreamBody.ReadAsync(source, body, limit, client, this);
        return isWhole
            ? await FinishSingleAsync(exchange, body.Written, Encoding(response))
            : Judge(NewError() with { Network = NetworkFault.Protocol });
    }

    /// <summary>A whole JSON answer, also one that came where a stream was asked for (spec/protocols.md E125).</summary>
    public async Task<AttemptEnd> FinishSingleAsync(Exchange exchange, ReadOnlyMemory<byte> body, string? encoding)
    {
        var decoded = BodyDecoder.Decode(body, encoding, new DecodeLimits(request.Configuration.Relay.MaxSingleAnswer));
        if (decoded.Fault != DecodeFault.None)
        {
            return Judge(NewError() with { Network = NetworkFault.Encoding });
        }

        if (decoded.Bytes.IsEmpty)
        {
            return Judge(NewError() with { IsTruncated = true });
        }

        using var output = new PooledBufferWriter(decoded.Bytes.Length + 256);
        var result = exchange.WriteSingle(decoded.Bytes, output);
        if (result.Error is { } error)
        {
            return Judge(NewError() with { InStream = error });
        }

        _single = result.Usage;
        SawContent();
        if (client.Streams)
        {
            // A server that ignores "stream": its answer can't be told as a stream of this dialect.
            return Judge(NewError() with { Network = NetworkFault.Protocol });
        }

        return await client.SendSingleAsync(output.Written, Headers) ? AttemptEnd.Served : AttemptEnd.Cancelled;
    }

    private void Leave(AttemptEnd end)
    {
        if (_response is not { } response)
        {
            return;
        }

        if (end == AttemptEnd.Served || IsReadToItsEnd)
        {
            response.Dispose();
        }
        else
        {
            OutboundFactory.Abort(response);
        }
    }

    private NetworkFault Name(Exception fault) =>
        _hasTimedOut ? _hasHeaders ? NetworkFault.Silence : NetworkFault.HeadersTimeout
        : NetworkFaults.Of(fault, hasProxy: !_lease.NoProxy && (_lease.ProxyUrl ?? request.Configuration.ProxyUrl) is not null);

    private static string? Encoding(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var values) ? values.ToString() : null;
}
