using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Actors.Relay;
using Proxy.Actors.Routing;

namespace Proxy.Host.Tests.Hosting;

/// <summary>An engine that answers everything with a short JSON and remembers what it was asked.</summary>
internal sealed class FakeEngine : IProxyEngine, IRelay, IAccountControl
{
    public ConcurrentQueue<(AccountId Account, AccountOrder Order)> Orders { get; } = new();

    public IAccountControl Accounts => this;

    public ConcurrentQueue<RelayRequest> Requests { get; } = new();

    public ConcurrentQueue<ProxyConfiguration> Configurations { get; } = new();

    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>What happens to each request; by default <c>{"ok":true}</c>.</summary>
    public Func<RelayRequest, IAnswerSink, CancellationToken, Task<RelayResult>> Answer { get; set; } = Ok;

    public TaskCompletionSource Reconfigured { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the debug endpoint shows.</summary>
    public JsonObject State { get; } = new() { ["fake"] = true };

    public RoutingTable Table { get; set; } = RoutingTable.Empty;

    public IRelay Relay => this;

    public static async Task<RelayResult> Ok(RelayRequest request, IAnswerSink sink, CancellationToken clientGone)
    {
        sink.Start(200, "application/json", []);
        sink.Output.Write("""{"ok":true}"""u8);
        await sink.FlushAsync(clientGone);
        await sink.CompleteAsync();
        return new RelayResult { Status = 200, Attempts = 1 };
    }

    public Task<RelayResult> RunAsync(RelayRequest request, IAnswerSink sink, CancellationToken clientGone)
    {
        Requests.Enqueue(request);
        Bodies.Enqueue(System.Text.Encoding.UTF8.GetString(request.Client.Body.Span));
        return Answer(request, sink, clientGone);
    }

    public Task ReconfigureAsync(ProxyConfiguration configuration, CancellationToken cancellation)
    {
        Configurations.Enqueue(configuration);
        Reconfigured.TrySetResult();
        return Task.CompletedTask;
    }

    public Task<JsonObject> DescribeAsync(CancellationToken cancellation) => Task.FromResult(State.DeepClone().AsObject());

    public Task<AccountListing> ListAsync(CancellationToken cancellation) => Task.FromResult(new AccountListing { AuthDirectory = "/fake" });

    public Task<OrderOutcome> OrderAsync(AccountId account, AccountOrder order, CancellationToken cancellation)
    {
        Orders.Enqueue((account, order));
        return Task.FromResult(new OrderOutcome(OrderResult.Done, "is done"));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
