using System.Net;
using Proxy.Host.Sandboxing;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>A thousand requests over HTTP meet a token that needs a refresh.</summary>
public sealed class RefreshRaceTests
{
    private const int Requests = 1000;
    private readonly ManualTimeProvider _time = new();
    private readonly SandboxGate _gate = new();

    [Fact]
    public async Task Fault48_thousand_requests_on_an_expired_token_make_one_call()
    {
        await using var host = await StartAsync(SandboxFault.Stall(_gate, FaultPlace.BeforeHeaders));

        var asking = AskAll(host);
        await _gate.Reached.WaitAsync(Deadline.Long);
        _gate.Open();

        await ServedAllAsync(host, asking, calls: 1);
    }

    [Fact]
    public async Task Fault52_thousand_requests_on_a_token_that_another_process_has_rotated_make_no_call()
    {
        await using var host = await StartAsync(null);
        RotateElsewhere(host);

        await ServedAllAsync(host, AskAll(host), calls: 0);
    }

    [Fact]
    public async Task Fault52_thousand_requests_on_a_token_that_another_process_rotates_meanwhile_make_one_call()
    {
        var reused = SandboxFault.Answer(400, """{"error":"invalid_grant"}""") with { Gate = _gate, Place = FaultPlace.BeforeHeaders };
        await using var host = await StartAsync(reused);

        var asking = AskAll(host);
        await _gate.Reached.WaitAsync(Deadline.Long);
        RotateElsewhere(host);
        _gate.Open();

        await ServedAllAsync(host, asking, calls: 1);
    }

    [Fact]
    public async Task Fault49_thousand_requests_on_a_refresh_that_loses_its_answer_make_two_calls()
    {
        await using var host = await StartAsync(SandboxFault.Hangup(FaultPlace.BeforeHeaders));
        host.Sandbox.Accounts["claude-1"].LostAnswerGrace = true;

        var asking = AskAll(host);
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "claude-1" && (int)a["counters"]!["failedRefreshes"]! == 1));
        await host.UntilTreeAsync(tree => (int)tree["router"]!["parked"]! == Requests); // nobody was turned away: it is soon tried again
        _time.Advance(TimeSpan.FromSeconds(5));

        await ServedAllAsync(host, asking, calls: 2);
        host.Sandbox.Requests.Of(SandboxOperation.Token).Select(r => r.BodyText).Distinct().Count().ShouldBe(1); // the same token both times
    }

    private async Task<HostFixture> StartAsync(SandboxFault? fault)
    {
        var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions { ClaudeAccounts = 1, ChatGptAccounts = 0, SharePerRequest = 0 },
            Time = _time,
            PrepareSandbox = s =>
            {
                if (fault is not null)
                {
                    s.Accounts["claude-1"].Script.Enqueue(fault.For(SandboxOperation.Token));
                }
            },
        });
        _time.JumpTo(_time.GetUtcNow() + TimeSpan.FromHours(9)); // as after a sleep: nothing has noticed yet
        return host;
    }

    private static void RotateElsewhere(HostFixture host)
    {
        host.Sandbox.Accounts["claude-1"].LogIn(); // the pair before is of no use from now on
        SandboxConfiguration.WriteAccounts(host.Sandbox, host.AuthDirectory);
    }

    private static Task<Answered>[] AskAll(HostFixture host) =>
        [.. Enumerable.Range(0, Requests).Select(i => host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, $"hello {i}"))];

    private static async Task ServedAllAsync(HostFixture host, Task<Answered>[] asking, int calls)
    {
        var answers = await Task.WhenAll(asking);

        answers.GroupBy(a => a.Status).ToDictionary(g => g.Key, g => g.Count()).ShouldBe(new Dictionary<HttpStatusCode, int> { [HttpStatusCode.OK] = Requests });
        host.Sandbox.TokenCalls.ShouldBe(calls);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Count(r => r.Status == 200).ShouldBe(Requests);
        ((string?)(await host.AccountAsync("claude-1"))["state"]).ShouldBe("ready");
        await host.LeavesNoLeaseAsync();
    }
}
