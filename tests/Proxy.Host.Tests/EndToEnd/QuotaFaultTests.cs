using System.Net;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Faults 13 to 16, 59 and 60 of spec/faults.md through the real parts, on virtual time, with the usage endpoints of both providers.</summary>
public sealed class QuotaFaultTests
{
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private readonly ManualTimeProvider _time = new();

    private Task<HostFixture> StartAsync() =>
        HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30), SharePerRequest = 0 }, Time = _time, AsksUsage = true });

    [Theory]
    [InlineData(Asking.Claude, "claude-1", SandboxWindow.FiveHours)]
    [InlineData(Asking.Gpt, "codex-1", SandboxWindow.FiveHours)]
    public Task Fault13_five_hour_quota_costs_one_refusal_and_then_quiet_questions(string model, string first, SandboxWindow window) =>
        RefusedOnceThenAskedAboutAsync(model, first, window, hours: 2);

    [Theory]
    [InlineData(Asking.Claude, "claude-1", SandboxWindow.SevenDays)]
    [InlineData(Asking.Gpt, "codex-1", SandboxWindow.SevenDays)]
    public Task Fault14_weekly_quota_costs_one_refusal_and_then_quiet_questions(string model, string first, SandboxWindow window) =>
        RefusedOnceThenAskedAboutAsync(model, first, window, hours: 9);

    [Theory]
    [InlineData(Asking.Claude, "claude-haiku-4-5-20251001", "sonnet", "claude-1", "claude-2")]
    [InlineData("gpt-5.4", Asking.Gpt, "gpt-5.4", "codex-1", "codex-2")]
    public async Task Fault15_model_window_sends_that_model_elsewhere_and_no_other(string model, string other, string family, string first, string second)
    {
        await using var host = await StartAsync();
        host.Sandbox.Accounts[first].SetModelQuota(family, 1, _time.GetUtcNow().AddDays(2));

        for (var i = 0; i < 4; i++)
        {
            (await ServedByAsync(host, model, i)).ShouldBe(second);
        }

        Inference(host, first).ShouldBe(1);
        (await ServersAsync(host, other)).ShouldBe([first, second], ignoreOrder: true);
        var account = await host.AccountAsync(first);
        ((string?)account["state"]).ShouldBe("ready");
        account["windows"]!.AsArray().ShouldContain(w => (string?)w!["model"] == family && (double)w["usedShare"]! == 1);
    }

    [Theory]
    [InlineData(Asking.Claude, "claude-1", "claude-2")]
    [InlineData(Asking.Gpt, "codex-1", "codex-2")]
    public async Task Fault16_limit_per_minute_is_waited_for_as_told_and_is_no_quota(string model, string first, string second)
    {
        await using var host = await StartAsync();
        host.Sandbox.Accounts[first].Script.Enqueue(SandboxFault.Answer(
            429, """{"type":"error","error":{"type":"rate_limit_error","message":"Too many requests"}}""", new KeyValuePair<string, string>("retry-after", "20")));

        for (var i = 0; i < 4; i++)
        {
            (await ServedByAsync(host, model, i)).ShouldBe(second);
        }

        ((string?)(await host.AccountAsync(first))["state"]).ShouldNotBeNull().ShouldStartWith("cooling-down");
        _time.Advance(TimeSpan.FromSeconds(20));
        (await ServersAsync(host, model)).ShouldContain(first);
        Usage(host, first).ShouldBe(0);
    }

    [Theory]
    [InlineData(Asking.Claude, "claude-1")]
    [InlineData(Asking.Gpt, "codex-1")]
    public async Task Fault59_window_that_a_new_plan_does_not_have_stops_blocking(string model, string first)
    {
        await using var host = await StartAsync();
        await RefuseAsync(host, model, first, SandboxWindow.FiveHours, TimeSpan.FromHours(4));
        host.Sandbox.Accounts[first].HasFiveHours = false;

        _time.Advance(Quarter + TimeSpan.FromSeconds(1));

        await ReadyAsync(host, first);
        var window = (await host.AccountAsync(first))["windows"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)window["name"]).ShouldBe("7d");
        (await ServersAsync(host, model)).ShouldContain(first);
    }

    [Theory]
    [InlineData(Asking.Claude, "claude-1", SandboxWindow.FiveHours)]
    [InlineData(Asking.Claude, "claude-1", SandboxWindow.SevenDays)]
    [InlineData(Asking.Gpt, "codex-1", SandboxWindow.FiveHours)]
    [InlineData(Asking.Gpt, "codex-1", SandboxWindow.SevenDays)]
    public async Task Fault60_quota_that_is_given_back_early_is_noticed_and_costs_no_request(string model, string first, SandboxWindow window)
    {
        await using var host = await StartAsync();
        await RefuseAsync(host, model, first, window, TimeSpan.FromHours(4.9));
        host.Sandbox.Accounts[first].FreezeUsage();
        host.Sandbox.Accounts[first].SetQuota(window, 0.02);

        // The endpoint itself is stale: believed as long as it says so, and asked again.
        _time.Advance(Quarter + TimeSpan.FromSeconds(1));
        await host.UntilAsync(_ => Usage(host, first) == 1);
        await host.UntilAsync(all => IsAsked(all, first));
        ((string?)(await host.AccountAsync(first))["state"]).ShouldNotBeNull().ShouldStartWith("quota-exhausted");
        host.Sandbox.Accounts[first].FreezeUsage(false);
        _time.Advance(Quarter + TimeSpan.FromSeconds(1));

        await ReadyAsync(host, first);
        Inference(host, first).ShouldBe(1);
        (await ServersAsync(host, model)).ShouldContain(first);
    }

    [Theory]
    [InlineData(404, "application/json")]
    [InlineData(403, "text/html")]
    [InlineData(429, "application/json")]
    public async Task Usage_endpoint_that_tells_nothing_leaves_the_probe_to_one_client_request(int status, string type)
    {
        await using var host = await StartAsync();
        await RefuseAsync(host, Asking.Claude, "claude-1", SandboxWindow.FiveHours, TimeSpan.FromHours(4));
        host.Sandbox.Accounts["claude-2"].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(4));
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "both out")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        foreach (var account in new[] { "claude-1", "claude-2" })
        {
            host.Sandbox.Accounts[account].Script.Always = (SandboxFault.Answer(status, "{}") with { ContentType = type }).For(SandboxOperation.Usage);
            host.Sandbox.Accounts[account].SetQuota(SandboxWindow.FiveHours, 0.1);
        }

        _time.Advance(Quarter + TimeSpan.FromSeconds(1));
        await host.UntilAsync(all => all.Count(a => (string?)a["provider"] == "claude" && (string?)a["usageEndpoint"] is { } words && (words.StartsWith("not asked any more", StringComparison.Ordinal) || words.StartsWith("failed 1×", StringComparison.Ordinal))) == 2);

        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "a probe")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Accounts_are_asked_about_once_after_the_start_but_not_all_at_once()
    {
        await using var host = await StartAsync();
        _time.Advance(TimeSpan.FromSeconds(19));
        (await host.AccountsAsync()).ShouldAllBe(a => a["windows"]!.AsArray().Count == 0);
        host.Sandbox.Requests.All.ShouldBeEmpty();

        for (var step = 0; step < 30; step++)
        {
            // Shorter than the limit of a call, which goes by the same clock.
            _time.Advance(TimeSpan.FromSeconds(10));
            await host.UntilAsync(all => all.All(a => (string?)a["usageEndpoint"] != "asking"));
        }

        (await host.AccountsAsync()).Where(a => (string?)a["credential"] == "oauth").ShouldAllBe(a => a["windows"]!.AsArray().Count == 2);

        var asked = host.Sandbox.Requests.All.Where(r => r.Operation == SandboxOperation.Usage).ToList();
        asked.Select(r => r.Account).ShouldBe(["claude-1", "claude-2", "codex-1", "codex-2"], ignoreOrder: true);
        asked.ShouldAllBe(r => r.Header("User-Agent")!.StartsWith("CliProxyActors/", StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromHours(3));
        await host.AccountsAsync();
        host.Sandbox.Requests.All.Count(r => r.Operation == SandboxOperation.Usage).ShouldBe(4, "round-robin does not go by the quota of accounts that rest");
    }

    private async Task RefusedOnceThenAskedAboutAsync(string model, string first, SandboxWindow window, int hours)
    {
        await using var host = await StartAsync();
        await RefuseAsync(host, model, first, window, TimeSpan.FromHours(hours));
        var asked = 0;
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromHours(hours) - (2 * Quarter); passed += Quarter)
        {
            _time.Advance(Quarter + TimeSpan.FromSeconds(2));
            passed += TimeSpan.FromSeconds(2);
            asked++;
            await host.UntilAsync(all => Usage(host, first) == asked && IsAsked(all, first));
            (await ServedByAsync(host, model, asked)).ShouldNotBe(first);
        }

        Inference(host, first).ShouldBe(1, "one refusal, and not one request more");
        _time.Advance(2 * Quarter);
        (await ServersAsync(host, model)).ShouldContain(first);
    }

    private async Task RefuseAsync(HostFixture host, string model, string first, SandboxWindow window, TimeSpan reset)
    {
        host.Sandbox.Accounts[first].ExhaustQuota(window, _time.GetUtcNow() + reset);
        while (Inference(host, first) == 0)
        {
            (await ServedByAsync(host, model, (int)host.Sandbox.Requests.Count)).ShouldNotBe(first);
        }

        await host.UntilAsync(all => all.Any(a => (string?)a["label"] == first && ((string?)a["state"])!.StartsWith("quota-exhausted", StringComparison.Ordinal)));
    }

    private static Task ReadyAsync(HostFixture host, string account) =>
        host.UntilAsync(all => all.Any(a => (string?)a["label"] == account && (string?)a["state"] == "ready"));

    private static bool IsAsked(IReadOnlyList<JsonNode> all, string account) => all.Any(a => (string?)a["label"] == account && (string?)a["usageEndpoint"] == "asked");

    private static async Task<string> ServedByAsync(HostFixture host, string model, int turn)
    {
        var body = (await host.AskAsync(Dialect.AnthropicMessages, model, $"[[n=3]] turn {turn} {Guid.NewGuid()}")).Body;
        var at = body.IndexOf("[served by ", StringComparison.Ordinal);
        at.ShouldBeGreaterThan(0, body);
        return body[(at + "[served by ".Length)..body.IndexOf(']', at)];
    }

    /// <summary>Who serves new conversations, in a few of them.</summary>
    private static async Task<IReadOnlyList<string>> ServersAsync(HostFixture host, string model)
    {
        var servers = new HashSet<string>();
        for (var i = 0; i < 4; i++)
        {
            servers.Add(await ServedByAsync(host, model, i));
        }

        return [.. servers];
    }

    private static int Inference(HostFixture host, string account) =>
        host.Sandbox.Requests.All.Count(r => r.Account == account && (r.Operation is SandboxOperation.Messages or SandboxOperation.Responses));

    private static int Usage(HostFixture host, string account) => host.Sandbox.Requests.All.Count(r => r.Operation == SandboxOperation.Usage && r.Account == account);
}
