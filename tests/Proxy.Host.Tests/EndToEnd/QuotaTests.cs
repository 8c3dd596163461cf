using System.Net;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Used-up quotas on virtual time, through the real parts.</summary>
public sealed class QuotaTests
{
    private readonly ManualTimeProvider _time = new();

    private Task<HostFixture> StartAsync(string yaml = "") =>
        HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30) }, Time = _time, Yaml = yaml });

    [Theory]
    [InlineData(Asking.Claude, "claude-1", "claude-2", true)]
    [InlineData(Asking.Claude, "claude-1", "claude-2", false)]
    [InlineData(Asking.Gpt, "codex-1", "codex-2", true)]
    [InlineData(Asking.Gpt, "codex-1", "codex-2", false)]
    public async Task Quota_failover_takes_two_calls_no_wait_and_the_first_account_is_back_after_its_reset(string model, string first, string second, bool stream)
    {
        await using var host = await StartAsync();
        var reset = _time.GetUtcNow() + TimeSpan.FromHours(2);
        await UntilFirstIsNextAsync(host, model, first, second);
        var before = host.Sandbox.Requests.Count;
        host.Sandbox.Accounts[first].ExhaustQuota(SandboxWindow.FiveHours, reset);

        // Virtual time stands still during the whole request: a wait that was armed would never end.
        var answer = await host.AskAsync(Dialect.AnthropicMessages, model, "[[n=3]] hello", stream);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Body.ShouldContain($"[served by {second}]");
        answer.Header("x-proxy-attempts").ShouldBe("2");
        (host.Sandbox.Requests.Count - before).ShouldBe(2);

        for (var hour = 0; hour < 8; hour++)
        {
            (await host.AskAsync(Dialect.AnthropicMessages, model, $"[[n=3]] again {hour}", stream)).Body.ShouldContain($"[served by {second}]");
            _time.Advance(TimeSpan.FromMinutes(14.9));
        }

        host.Sandbox.Requests.All.Count(r => r.Account == first && r.Number > before).ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(1));
        var served = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            served.Add((await host.AskAsync(Dialect.AnthropicMessages, model, $"[[n=3]] after {i}", stream)).Body);
        }

        served.ShouldContain(b => b.Contains($"[served by {first}]", StringComparison.Ordinal));
        served.ShouldContain(b => b.Contains($"[served by {second}]", StringComparison.Ordinal));
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, 7200)]
    [InlineData(Dialect.OpenAIChat, 7200)]
    [InlineData(Dialect.OpenAIResponses, 7200)]
    [InlineData(Dialect.AnthropicMessages, 50)]
    [InlineData(Dialect.OpenAIChat, 50)]
    [InlineData(Dialect.OpenAIResponses, 50)]
    public async Task All_accounts_out_is_said_in_each_dialect_with_the_soonest_reset(Dialect dialect, int seconds)
    {
        await using var host = await StartAsync();
        host.Sandbox.Accounts["codex-1"].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(4));
        host.Sandbox.Accounts["codex-2"].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddSeconds(seconds));

        var answer = await host.AskAsync(dialect, Asking.Gpt, "hello", stream: true);

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests, answer.Body);
        var error = answer.Json["error"]!;
        ((string?)error["message"]).ShouldNotBeNull().ShouldContain("codex-1");
        ((string?)error["message"]).ShouldNotBeNull().ShouldContain("codex-2");
        if (seconds > 60 && dialect == Dialect.OpenAIResponses)
        {
            ((string?)error["type"]).ShouldBe("usage_limit_reached");
            ((long)error["resets_at"]!).ShouldBe(_time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds());
            ((long)error["resets_in_seconds"]!).ShouldBe(seconds);
            answer.Header("Retry-After").ShouldBeNull();
        }
        else
        {
            ((string?)error["type"]).ShouldBe("rate_limit_error");
            answer.Header("Retry-After").ShouldBe($"{seconds}");
            answer.Header("x-should-retry").ShouldBe(seconds > 60 ? "false" : null);
        }

        // Known to be out: the next request costs the owner no call.
        var before = host.Sandbox.Requests.Count;
        (await host.AskAsync(dialect, Asking.Gpt, "hello")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        host.Sandbox.Requests.Count.ShouldBe(before);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, 529, "overloaded_error")]
    [InlineData(Dialect.OpenAIChat, 503, "server_error")]
    [InlineData(Dialect.OpenAIResponses, 503, "server_error")]
    public async Task Overloaded_provider_is_tried_three_times_at_most_and_told_in_the_dialect(Dialect dialect, int status, string type)
    {
        await using var host = await StartAsync();
        var overloaded = SandboxFault.Answer(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""");
        host.Sandbox.Accounts["claude-1"].Script.Always = overloaded;
        host.Sandbox.Accounts["claude-2"].Script.Always = overloaded;

        var asking = host.AskAsync(dialect, Asking.Claude, "hello");
        foreach (var pace in new[] { 1, 2 })
        {
            // Exactly the pause: the limits of the calls go by the same clock.
            await host.UntilTreeAsync(tree => (int)tree["router"]!["parked"]! == 1);
            _time.Advance(TimeSpan.FromSeconds(pace));
            await host.Sandbox.Requests.WaitForAsync(r => r.Number == pace + 1).WaitAsync(Deadline.Long);
        }

        var answer = await asking;
        ((int)answer.Status).ShouldBe(status, answer.Body);
        ((string?)answer.Json["error"]!["type"]).ShouldBe(type);
        host.Sandbox.Requests.Count.ShouldBe(3);
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
        await host.LeavesNoLeaseAsync();
    }

    /// <summary>Turns the ring to where <paramref name="first"/> is next.</summary>
    private static async Task UntilFirstIsNextAsync(HostFixture host, string model, string first, string second)
    {
        string body;
        do
        {
            body = (await host.AskAsync(Dialect.AnthropicMessages, model, $"turn {Guid.NewGuid()}")).Body;
            body.ShouldContain("[served by ");
        }
        while (!body.Contains($"[served by {second}]", StringComparison.Ordinal));
        first.ShouldNotBe(second);
    }
}
