using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Clients that leave over HTTP/1.1, seen from the provider's side while its own answer still waits at a gate.</summary>
public sealed class DisconnectTests
{
    [Theory]
    [InlineData(Asking.Claude, true, FaultPlaceKind.BeforeHeaders, 0)]
    [InlineData(Asking.Claude, false, FaultPlaceKind.BeforeHeaders, 0)]
    [InlineData(Asking.Claude, true, FaultPlaceKind.AfterEvents, 1)]
    [InlineData(Asking.Claude, true, FaultPlaceKind.AfterEvents, 5)]
    [InlineData(Asking.Gpt, true, FaultPlaceKind.BeforeHeaders, 0)]
    [InlineData(Asking.Gpt, false, FaultPlaceKind.BeforeHeaders, 0)]
    [InlineData(Asking.Gpt, true, FaultPlaceKind.AfterEvents, 1)]
    [InlineData(Asking.Gpt, false, FaultPlaceKind.AfterEvents, 7)]
    [InlineData(Asking.Gpt, true, FaultPlaceKind.AfterEvents, 7)]
    public async Task Fault37_provider_sees_the_client_leave_before_and_after_commit(string model, bool stream, FaultPlaceKind kind, int events)
    {
        var time = new ManualTimeProvider();
        var gate = new SandboxGate();
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions(),
            Time = time,
            PrepareSandbox = s => s.Accounts.All.ToList().ForEach(a => a.Script.Enqueue(SandboxFault.Stall(gate, new FaultPlace(kind, events)))),
        });
        using var leave = new CancellationTokenSource();
        var asking = stream ? host.BeginAsync(Dialect.AnthropicMessages, model, "[[n=20]] hello", leave.Token)
            : host.Client.SendAsync(Asking.Request(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, model, "[[n=20]] hello")), leave.Token);
        await gate.Reached.WaitAsync(Deadline.Long);
        if (stream && events > 1)
        {
            // Committed: the client has content in its hands when it leaves.
            using var answer = await asking;
            await using var body = await answer.Content.ReadAsStreamAsync();
            (await HostFixture.ReadAsync(body, until: "lorem")).ShouldContain("lorem");
        }
        else
        {
            asking.IsCompleted.ShouldBeFalse();
            await leave.CancelAsync();
            await asking.ShouldThrowAsync<OperationCanceledException>();
        }

        var seen = host.Sandbox.Requests.All.Single();
        await seen.Aborted.WaitAsync(Deadline.Long);
        await host.LeavesNoLeaseAsync();
        host.Sandbox.Requests.Count.ShouldBe(1);
        var account = await host.AccountAsync(seen.Account!);
        ((int)account["counters"]!["abandoned"]!).ShouldBe(1);
        account["cooldowns"]!.AsArray().ShouldBeEmpty();
        gate.Open();
    }

    [Fact]
    public async Task Fault37_client_that_leaves_after_the_answer_costs_nothing()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });
        var body = Asking.Body(Dialect.AnthropicMessages, Asking.Claude, "hello", stream: true).ToJsonString();

        (await host.RawAsync($"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}", until: "message_stop"))
            .ShouldContain("message_stop");

        await host.LeavesNoLeaseAsync();
        var seen = host.Sandbox.Requests.All.Single();
        await seen.Completed.WaitAsync(Deadline.Long);
        ((int)(await host.AccountAsync(seen.Account!))["counters"]!["successes"]!).ShouldBe(1);
    }

    [Fact]
    public async Task Fault37_client_that_leaves_while_its_account_refreshes_leaves_no_waiter_that_costs_a_call()
    {
        var time = new ManualTimeProvider();
        var gate = new SandboxGate();
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions { ClaudeAccounts = 1 },
            Time = time,
            PrepareSandbox = s => s.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.BeforeHeaders).For(SandboxOperation.Token)),
        });
        time.JumpTo(time.GetUtcNow() + TimeSpan.FromHours(9));
        using var leave = new CancellationTokenSource();
        var asking = host.BeginAsync(Dialect.AnthropicMessages, Asking.Claude, "hello", leave.Token);
        await gate.Reached.WaitAsync(Deadline.Long);

        await leave.CancelAsync();
        await asking.ShouldThrowAsync<OperationCanceledException>();
        await host.UntilTreeAsync(tree => tree["router"]!["tickets"]!.AsArray().Count == 0);
        gate.Open();

        await host.UntilAsync(accounts => accounts.Any(a => (int)a["counters"]!["refreshes"]! == 1 && (int)a["waiters"]! == 0));
        await host.LeavesNoLeaseAsync();
        host.Sandbox.Requests.Of(SandboxOperation.Messages).ShouldBeEmpty();
    }
}
