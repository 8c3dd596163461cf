using System.Net;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>What an owner can say about retries, and networks that are down, through the real parts on virtual time.</summary>
public sealed class RetrySettingsTests
{
    private const string Policy = """{"type":"error","error":{"type":"permission_error","message":"made-up gateway policy"}}""";

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(Dialect.AnthropicMessages, Asking.Claude)]
    [InlineData(Dialect.OpenAIResponses, Asking.Gpt)]
    public async Task Network_that_is_down_is_a_502_after_a_second_that_names_the_server(Dialect dialect, string model)
    {
        var nobody = new Uri("http://127.0.0.1:1");
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions { ClaudeAccounts = 3, ChatGptAccounts = 3, TokenLifetime = TimeSpan.FromDays(30) },
            Time = _time,
            Configure = c => c with { Claude = c.Claude with { BaseUrl = nobody }, Codex = c.Codex with { BaseUrl = nobody } },
        });
        var begun = _time.GetUtcNow();
        var asking = host.AskAsync(dialect, model, "hello", stream: true);
        await host.UntilTreeAsync(tree => (int)tree["router"]!["parked"]! == 1);
        _time.Advance(TimeSpan.FromSeconds(1));

        var answer = await asking;

        answer.Status.ShouldBe(HttpStatusCode.BadGateway, answer.Body);
        ((string)answer.Json["error"]!["message"]!).ShouldContain("no connection to the upstream could be made (127.0.0.1:1, account ");
        ((string)answer.Json["error"]!["message"]!).ShouldEndWith(", tried 2 times)");
        answer.Header("x-proxy-attempts").ShouldBe("2");
        (_time.GetUtcNow() - begun).ShouldBe(TimeSpan.FromSeconds(1));
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task Base_url_that_is_wrong_is_said_in_words_and_cools_no_account()
    {
        await using var host = await StartAsync();
        var wrong = SandboxFault.Answer(404, "404 page not found").For(SandboxOperation.Messages);
        host.Sandbox.Accounts["claude-1"].Script.Always = wrong;
        host.Sandbox.Accounts["claude-2"].Script.Always = wrong;

        var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello");

        answer.Status.ShouldBe(HttpStatusCode.BadGateway, answer.Body);
        ((string)answer.Json["error"]!["message"]!).ShouldContain("look at the account's base-url");
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Count.ShouldBe(1); // the other account goes the same way
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData("stop", 403, 1, 0)]
    [InlineData("stop-and-cooldown", 403, 1, 1)]
    [InlineData("continue", 200, 2, 0)]
    [InlineData("continue-and-cooldown", 200, 2, 1)]
    public async Task Rule_of_the_owner_says_what_an_error_means(string action, int status, int calls, int cooldowns)
    {
        await using var host = await StartAsync($"providers:\n  claude:\n    request-scoped-errors:\n      - {{ status: 403, match: gateway policy, action: {action} }}\n");
        var next = await NextAsync(host);
        host.Sandbox.Accounts[next].Script.Enqueue(SandboxFault.Answer(403, Policy).For(SandboxOperation.Messages));

        var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "[[n=3]] and this one");

        ((int)answer.Status).ShouldBe(status, answer.Body);
        (answer.Body == Policy).ShouldBe(status == 403);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Count.ShouldBe(1 + calls);
        (await host.AccountAsync(next))["cooldowns"]!.AsArray().Count.ShouldBe(cooldowns);
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task Disabled_cooling_and_no_waits_use_the_budget_up_at_once_and_put_nobody_aside()
    {
        await using var host = await StartAsync("disable-cooling: true\nmax-retry-interval: -1\nrequest-retry: 1");
        var broken = SandboxFault.Answer(500, """{"type":"error","error":{"type":"api_error","message":"made up"}}""").For(SandboxOperation.Messages);
        host.Sandbox.Accounts["claude-1"].Script.Always = broken;
        host.Sandbox.Accounts["claude-2"].Script.Always = broken;
        for (var i = 1; i <= 2; i++)
        {
            var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello");

            answer.Status.ShouldBe(HttpStatusCode.InternalServerError, answer.Body);
            host.Sandbox.Requests.Of(SandboxOperation.Messages).Count.ShouldBe(3 * i); // two accounts and one extra round
        }

        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task One_request_tries_no_more_accounts_than_it_may()
    {
        await using var host = await StartAsync("max-retry-credentials: 1\nrequest-retry: 0");
        host.Sandbox.Accounts[await NextAsync(host)].Script.Enqueue(SandboxFault.Answer(500, "{}").For(SandboxOperation.Messages));

        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "and this one")).Status.ShouldBe(HttpStatusCode.InternalServerError);

        host.Sandbox.Requests.Of(SandboxOperation.Messages).Count.ShouldBe(2);
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>The account whose turn is next, after a first request of another conversation.</summary>
    private static async Task<string> NextAsync(HostFixture host)
    {
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "a first one")).Status.ShouldBe(HttpStatusCode.OK);
        return host.Sandbox.Requests.Of(SandboxOperation.Messages).Single().Account == "claude-1" ? "claude-2" : "claude-1";
    }

    private Task<HostFixture> StartAsync(string yaml = "") => HostFixture.StartAsync(new HostFixtureOptions
    {
        Sandbox = new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30) },
        Time = _time,
        Yaml = yaml,
    });
}
