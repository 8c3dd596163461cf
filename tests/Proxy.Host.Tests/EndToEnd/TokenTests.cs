using System.Globalization;
using System.Net;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Tokens that end, through the real parts.</summary>
public sealed class TokenTests
{
    private readonly ManualTimeProvider _time = new();

    private Task<HostFixture> StartAsync(int claude = 2, string yaml = "", Action<SandboxServer>? prepare = null) => HostFixture.StartAsync(
        new HostFixtureOptions { Sandbox = new SandboxOptions { ClaudeAccounts = claude, ChatGptAccounts = 1 }, Time = _time, Yaml = yaml, PrepareSandbox = prepare });

    [Fact]
    public async Task Hundred_parallel_requests_on_an_expired_token_make_one_refresh_call()
    {
        var gate = new SandboxGate();
        await using var host = await StartAsync(claude: 1, prepare: s => s.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.BeforeHeaders).For(SandboxOperation.Token)));
        _time.JumpTo(_time.GetUtcNow() + TimeSpan.FromHours(9)); // as after a sleep: nothing has noticed yet

        var asking = Enumerable.Range(0, 100).Select(i => host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, $"hello {i}", stream: i % 2 == 0)).ToArray();
        await gate.Reached.WaitAsync(Deadline.Long);

        // Those who asked while the account was thought ready wait there, the others at the router.
        await host.UntilTreeAsync(tree => tree["accounts"]!.AsObject().Sum(a => (int)a.Value!["waiters"]!) + (int)tree["router"]!["parked"]! == 100);
        asking.ShouldAllBe(a => !a.IsCompleted);
        gate.Open();

        (await Task.WhenAll(asking)).ShouldAllBe(a => a.Status == HttpStatusCode.OK && a.Header("x-proxy-attempts") == "1");
        host.Sandbox.TokenCalls.ShouldBe(1);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Count.ShouldBe(100);
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task Token_that_is_merely_due_is_not_waited_for()
    {
        var gate = new SandboxGate();
        await using var host = await StartAsync(claude: 1, prepare: s => s.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.BeforeHeaders).For(SandboxOperation.Token)));
        await DueAsync(host, "claude-1");
        await gate.Reached.WaitAsync(Deadline.Long);

        var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello");

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Single().Header("authorization").ShouldBe("Bearer sandbox-access-claude-1-g1");
        gate.Open();
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "claude-1" && a["counters"]!["refreshes"]!.GetValue<int>() == 1));
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);
        host.Sandbox.Requests.Of(SandboxOperation.Messages)[1].Header("authorization").ShouldBe("Bearer sandbox-access-claude-1-g2");
        host.Sandbox.Requests.Of(SandboxOperation.Token).Count(r => r.Account == "claude-1").ShouldBe(1);
    }

    /// <summary>Lets time pass to where the account's token is due, and no farther: limits of the call itself go by the same clock.</summary>
    private async Task DueAsync(HostFixture host, string label)
    {
        var due = DateTimeOffset.Parse((string)(await host.AccountAsync(label))["token"]!["refreshDue"]!, CultureInfo.InvariantCulture);
        _time.Advance(due - _time.GetUtcNow());
        await host.UntilAsync(accounts =>
        {
            if (!((string)accounts.Single(a => (string?)a["label"] == label)["token"]!["refresh"]!).StartsWith("idle", StringComparison.Ordinal))
            {
                return true;
            }

            _time.Advance(TimeSpan.FromSeconds(1)); // a wake-up that came early was set anew
            return false;
        });
    }

    /// <summary>Even with one account and no extra rounds, what a refresh mends is tried again.</summary>
    [Theory]
    [InlineData(1, "request-retry: 0")]
    [InlineData(2, "")]
    public async Task Upstreams_401_costs_one_refresh_and_one_retry_on_the_same_account(int accounts, string yaml)
    {
        await using var host = await StartAsync(accounts, yaml);
        host.Sandbox.Accounts["claude-1"].ExpireAccessToken();

        var bodies = new List<Answered>();
        for (var i = 0; i < accounts; i++)
        {
            bodies.Add(await host.AskAsync(Dialect.OpenAIChat, Asking.Claude, $"hello {i}"));
        }

        bodies.ShouldAllBe(b => b.Status == HttpStatusCode.OK);
        var answer = bodies.Single(b => b.Body.Contains("[served by claude-1]", StringComparison.Ordinal));
        answer.Header("x-proxy-attempts").ShouldBe("2");
        host.Sandbox.TokenCalls.ShouldBe(1);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Where(r => r.Account == "claude-1").Select(r => r.Status).ShouldBe([401, 200]);
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task Fresh_token_that_is_refused_too_rotates_and_is_not_asked_for_again()
    {
        await using var host = await StartAsync();
        host.Sandbox.Accounts["claude-1"].Script.Always = SandboxFault.Answer(401, """{"type":"error","error":{"type":"authentication_error","message":"invalid bearer token"}}""").For(SandboxOperation.Messages);

        for (var i = 0; i < 4; i++)
        {
            var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, $"hello {i}");
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            answer.Body.ShouldContain("[served by claude-2]");
        }

        host.Sandbox.TokenCalls.ShouldBe(1);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Count(r => r.Account == "claude-1").ShouldBe(2);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public async Task Login_that_is_needed_is_a_503_and_never_the_upstreams_401(Dialect dialect)
    {
        await using var host = await StartAsync(claude: 1);
        host.Sandbox.Accounts["claude-1"].RevokeTokens();

        for (var i = 0; i < 2; i++)
        {
            var answer = await host.AskAsync(dialect, Asking.Claude, "hello", stream: true);
            answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
            answer.Header("x-should-retry").ShouldBe("false");
            answer.Body.ShouldContain("claude-1");
            answer.Body.ShouldNotContain("sandbox-access");
        }

        host.Sandbox.TokenCalls.ShouldBe(1);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Count.ShouldBe(1);
        ((string?)(await host.AccountAsync("claude-1"))["state"]).ShouldNotBeNull().ShouldStartWith("login-needed");
        await host.LeavesNoLeaseAsync();
    }
}
