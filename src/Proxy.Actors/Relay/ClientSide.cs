using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Json;

namespace Proxy.Actors.Relay;

/// <summary>
/// What the request's task does for its client: headers, flushes, signs of life while anything is awaited, and the
/// error at the end in the client's own words. Counts what is written, so that a read which became no bytes is neither
/// flushed nor taken for a sign of life.
/// </summary>
internal sealed class ClientSide(RelayRequest request, IAnswerSink sink, StreamWatch watch) : IBufferWriter<byte>
{
    private readonly IBufferWriter<byte> _output = sink.Output;
    private readonly RelayOptions _options = request.Configuration.Relay;
    private long _unflushed;
    private CancellationToken _writeToken = watch.RequestToken;

    /// <summary>The client wants a stream.</summary>
    public bool Streams { get; } = request.Client.Stream;

    /// <summary>The status that went out, or will with the next flush; 0 when none is set.</summary>
    public int Status { get; private set; }

    /// <summary>Attempts so far, for <c>x-proxy-attempts</c>.</summary>
    public int Attempts { get; set; }

    /// <summary>The model that serves, for <c>x-proxy-model</c>; null when it is the one that the client asked for.</summary>
    public string? ServedModel { get; set; }

    public CommitGate Gate { get; } = new(request.Configuration.Relay.HeldFrames, request.Configuration.Relay.HeldBytes);

    private Dialect Dialect => request.Client.Dialect;

    public void Advance(int count)
    {
        _unflushed += count;
        _output.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _output.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _output.GetSpan(sizeHint);

    /// <summary>
    /// Waits for <paramref name="pending"/> and looks after the client meanwhile. When the upstream is overdue,
    /// <paramref name="attempt"/> is told and the operation, which it cancels, is still waited for.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AttendAsync<TAwaiter>(TAwaiter pending, UpstreamAttempt? attempt)
        where TAwaiter : ICriticalNotifyCompletion
    {
        pending.UnsafeOnCompleted(watch.Wake.DoneAction);
        do
        {
            // First armed, then looked at: what falls due in between wakes the wait below.
            watch.Arm();
            if (watch.UpstreamIsDue)
            {
                watch.ForgetUpstream();
                attempt?.TimeOut();
                continue;
            }

            if (Streams && watch.KeepAliveIsDue)
            {
                await KeepAliveAsync();
                continue;
            }

            await watch.Wake.WaitAsync();
        }
        while (!watch.Wake.TakeDone());
        watch.Disarm();
    }

    /// <summary>Content comes: status and headers, unless they are out, and what was held.</summary>
    public void Commit(HttpResponseHeaders? upstream)
    {
        if (Status == 0)
        {
            StartStream(upstream);
        }

        Gate.Release(this);
        request.BodyOwner?.Dispose();
    }

    /// <summary>Sends what was written, if anything was.</summary>
    /// <returns>False when the client is gone, or does not take it.</returns>
    public ValueTask<bool> FlushAsync()
    {
        if (_unflushed == 0)
        {
            return new ValueTask<bool>(true);
        }

        _unflushed = 0;
        watch.ArmWrite(_options.WriteStall, _options.KeepAlive);
        var flush = sink.FlushAsync(_writeToken);
        if (!flush.IsCompletedSuccessfully)
        {
            return FlushSlowlyAsync(flush);
        }

        watch.Disarm();
        return new ValueTask<bool>(flush.Result);
    }

    /// <summary>The whole answer of a client that wants a single JSON.</summary>
    public async ValueTask<bool> SendSingleAsync(ReadOnlyMemory<byte> body, HttpResponseHeaders? upstream)
    {
        var headers = PassedHeaders.Own(request.RequestId, Attempts, ServedModel);
        PassedHeaders.AddUpstream(upstream, withRetryAfter: false, headers);
        Start(200, "application/json", body.Length, headers);
        this.Write(body.Span);
        if (!await FlushAsync())
        {
            return false;
        }

        await sink.CompleteAsync();
        return true;
    }

    /// <summary>Ends a stream that is whole, or whose in-stream error has been written.</summary>
    public async ValueTask<bool> FinishAsync()
    {
        if (!await FlushAsync())
        {
            return false;
        }

        await sink.CompleteAsync();
        return true;
    }

    /// <summary>The request's last word when nothing served it and no content has gone out.</summary>
    /// <param name="error">What the client is told.</param>
    /// <param name="retryAfter"><c>Retry-After</c> in seconds; null for none.</param>
    /// <param name="tellNotToRetry"><c>x-should-retry: false</c>.</param>
    /// <param name="upstream">Headers of the last attempt's answer; null when there was none.</param>
    public async ValueTask FailAsync(ClientError error, int? retryAfter = null, bool tellNotToRetry = false, HttpResponseHeaders? upstream = null)
    {
        if (Gate.State != GateState.Held)
        {
            ErrorBody.WriteFrame(Dialect, error, new StreamPosition(0, default, JsonText.FromString(request.Client.Model), 0), this);
            await SayLastAsync();
            return;
        }

        using var body = new PooledBufferWriter(1024);
        ErrorBody.WriteJson(Dialect, error, request.RequestId, body);
        var headers = PassedHeaders.Own(request.RequestId, Attempts, ServedModel);
        PassedHeaders.AddUpstream(upstream, withRetryAfter: retryAfter is null && !error.Verbatim.IsEmpty, headers);
        if (retryAfter is { } seconds)
        {
            headers.Add(new("Retry-After", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        if (tellNotToRetry)
        {
            headers.Add(new("x-should-retry", "false"));
        }

        Start(error.Status, "application/json", body.Length, headers);
        this.Write(body.Written.Span);
        await SayLastAsync();
    }

    /// <summary>The request's time is over, and its token with it: what is still to be said gets a token of its own.</summary>
    public void AllowLastWords(CancellationToken grace) => _writeToken = grace;

    private async ValueTask SayLastAsync()
    {
        if (!await FinishAsync())
        {
            sink.Abort();
        }
    }

    private async ValueTask KeepAliveAsync()
    {
        if (Gate.State == GateState.Held)
        {
            StartStream(upstream: null);
            Gate.Open();
        }

        // Comments are safe with every client tried (spec/clients.md 2.14); Anthropic's own sign of life is an event,
        // which makes sense only once message_start is out.
        this.Write(Dialect == Dialect.AnthropicMessages && Gate.State == GateState.Committed
            ? "event: ping\ndata: {\"type\": \"ping\"}\n\n"u8
            : ": keep-alive\n\n"u8);
        if (!await FlushAsync())
        {
            watch.Leave();
        }
    }

    private async ValueTask<bool> FlushSlowlyAsync(ValueTask<bool> flush)
    {
        try
        {
            return await flush;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            watch.Disarm();
            watch.ExpectKeepAlive(_options.KeepAlive);
        }
    }

    private void StartStream(HttpResponseHeaders? upstream)
    {
        var headers = PassedHeaders.Own(request.RequestId, Attempts, ServedModel);
        PassedHeaders.AddStream(headers);
        PassedHeaders.AddUpstream(upstream, withRetryAfter: false, headers);
        Status = 200;
        sink.Start(200, "text/event-stream", headers);
    }

    private void Start(int status, string contentType, int length, List<KeyValuePair<string, string>> headers)
    {
        headers.Add(new("Content-Length", length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Status = status;
        sink.Start(status, contentType, headers);
    }
}
