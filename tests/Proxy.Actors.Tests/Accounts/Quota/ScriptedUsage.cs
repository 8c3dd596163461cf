using System.Net;
using System.Text;
using System.Threading.Channels;
using Proxy.Actors.UsageEndpoints;

namespace Proxy.Actors.Tests.Accounts.Quota;

/// <summary>A usage endpoint whose answers a test gives.</summary>
internal sealed class ScriptedUsage : HttpMessageHandler
{
    private readonly Channel<UsageCall> _calls = Channel.CreateUnbounded<UsageCall>();
    private int _count;

    /// <summary>How many calls came.</summary>
    public int Count => _count;

    public UsageClient Client(TimeProvider time) => new((_, _) => new HttpMessageInvoker(this, disposeHandler: false), time);

    /// <summary>The next call.</summary>
    public Task<UsageCall> NextAsync() => _calls.Reader.ReadAsync().AsTask().WaitAsync(AccountsWorld.FailSafe);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        var call = new UsageCall(
            request.Method, request.RequestUri!, request.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
        _calls.Writer.TryWrite(call);
        return await call.Answer.Task.WaitAsync(cancellationToken);
    }
}

/// <summary>A call of the usage endpoint that waits for its answer.</summary>
internal sealed record UsageCall(HttpMethod Method, Uri Url, IReadOnlyDictionary<string, string> Headers)
{
    public TaskCompletionSource<HttpResponseMessage> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Tells(double five, double week) =>
        Says(HttpStatusCode.OK, $$$"""{"five_hour":{"utilization":{{{five}}},"resets_at":null},"seven_day":{"utilization":{{{week}}},"resets_at":null}}""");

    public void Says(HttpStatusCode status, string body = "{}", string type = "application/json", params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, type) };
        foreach (var (name, value) in headers)
        {
            (response.Headers.TryAddWithoutValidation(name, value) || response.Content.Headers.TryAddWithoutValidation(name, value)).ShouldBeTrue();
        }

        Answer.SetResult(response);
    }
}
