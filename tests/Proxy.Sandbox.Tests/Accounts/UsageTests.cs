using System.Text.Json.Nodes;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Tests.Accounts;

/// <summary>The usage endpoints: what they want, and that they tell the same as headers and refusals.</summary>
public sealed class UsageTests
{
    private readonly Proxy.Testing.ManualTimeProvider _time = new();

    [Fact]
    public async Task Claude_tells_percents_and_times_of_every_window()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        sandbox["claude-1"].SetQuota(SandboxWindow.FiveHours, 0.254, _time.GetUtcNow().AddHours(2));
        sandbox["claude-1"].SetModelQuota("opus", 0.5);
        sandbox["claude-1"].SetModelQuota("fable", 1);

        var (status, json) = await sandbox.UsageAsync("claude-1").JsonAsync();

        status.ShouldBe(200);
        json["five_hour"]!["utilization"]!.GetValue<double>().ShouldBe(25.4);
        DateTimeOffset.Parse(json["five_hour"]!["resets_at"]!.GetValue<string>(), null).ShouldBe(_time.GetUtcNow().AddHours(2));
        json["seven_day_opus"]!["utilization"]!.GetValue<double>().ShouldBe(50);
        json["seven_day_sonnet"].ShouldBeNull();
        var scoped = json["limits"]!.AsArray().Single(l => l!["kind"]!.GetValue<string>() == "weekly_scoped")!;
        scoped["scope"]!["model"]!["display_name"]!.GetValue<string>().ShouldBe("Fable");
        scoped["percent"]!.GetValue<double>().ShouldBe(100);
    }

    [Fact]
    public async Task ChatGpt_tells_its_windows_by_place_with_their_length()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        sandbox["codex-1"].SetQuota(SandboxWindow.SevenDays, 1, _time.GetUtcNow().AddDays(3));
        var (_, both) = await sandbox.UsageAsync("codex-1").JsonAsync();
        both["rate_limit"]!["primary_window"]!["limit_window_seconds"]!.GetValue<int>().ShouldBe(18_000);
        both["rate_limit"]!["limit_reached"]!.GetValue<bool>().ShouldBeTrue();

        sandbox["codex-1"].HasFiveHours = false;
        sandbox["codex-1"].SetModelQuota("gpt-5.4", 0.1);
        var (_, weekly) = await sandbox.UsageAsync("codex-1").JsonAsync();

        weekly["rate_limit"]!["primary_window"]!["limit_window_seconds"]!.GetValue<int>().ShouldBe(604_800);
        weekly["rate_limit"]!["primary_window"]!["reset_after_seconds"]!.GetValue<long>().ShouldBe(3 * 86_400);
        weekly["rate_limit"]!["secondary_window"].ShouldBeNull();
        weekly["additional_rate_limits"]![0]!["limit_name"]!.GetValue<string>().ShouldBe("gpt-5.4");
    }

    [Theory]
    [InlineData("claude-1", "Authorization", null, 401)]
    [InlineData("claude-1", "Authorization", "Bearer made-up", 401)]
    [InlineData("claude-1", "anthropic-beta", null, 401)]
    [InlineData("codex-1", "Authorization", null, 401)]
    [InlineData("codex-1", "ChatGPT-Account-Id", null, 401)]
    [InlineData("codex-1", "ChatGPT-Account-Id", "another", 401)]
    public async Task Whoever_does_not_sign_in_properly_is_told_nothing(string account, string header, string? value, int status)
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);

        (await sandbox.UsageAsync(account, (header, value)).JsonAsync()).Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("claude-1")]
    [InlineData("codex-1")]
    public async Task Strict_identity_counts_here_too_and_an_expired_token_does_not_do(string account)
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        sandbox[account].StrictIdentity = true;
        (await sandbox.UsageAsync(account).JsonAsync()).Status.ShouldBe(403);
        sandbox[account].StrictIdentity = false;
        sandbox[account].ExpireAccessToken();
        (await sandbox.UsageAsync(account).JsonAsync()).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Stale_figures_and_faults_can_be_scripted()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var account = sandbox["claude-1"];
        account.ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(3));
        account.FreezeUsage();
        account.SetQuota(SandboxWindow.FiveHours, 0.03);
        (await Utilization()).ShouldBe(100);
        account.FreezeUsage(false);
        (await Utilization()).ShouldBe(3);

        account.Script.Enqueue(SandboxFault.Html(403).For(SandboxOperation.Usage), SandboxFault.Answer(429, "{}", new KeyValuePair<string, string>("retry-after", "60")).For(SandboxOperation.Usage));
        using var page = await sandbox.UsageAsync("claude-1");
        ((int)page.StatusCode).ShouldBe(403);
        using var limited = await sandbox.UsageAsync("claude-1");
        ((int)limited.StatusCode).ShouldBe(429);

        async Task<double> Utilization() => (await sandbox.UsageAsync("claude-1").JsonAsync()).Json["five_hour"]!["utilization"]!.GetValue<double>();
    }

    [Fact]
    public async Task Window_of_a_family_refuses_its_models_alone_and_says_so()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        sandbox["claude-1"].SetModelQuota("sonnet", 1, _time.GetUtcNow().AddDays(2));

        using var refused = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        ((int)refused.StatusCode).ShouldBe(429);
        refused.Headers.GetValues("anthropic-ratelimit-unified-7d_sonnet-status").Single().ShouldBe("rejected");
        refused.Headers.GetValues("anthropic-ratelimit-unified-7d-status").Single().ShouldBe("allowed");
        refused.Headers.GetValues("anthropic-ratelimit-unified-representative-claim").Single().ShouldBe("seven_day_sonnet");
        refused.Headers.GetValues("retry-after").Single().ShouldBe("172800");
        (await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false").Replace("claude-sonnet-4-5", "claude-haiku-4-5", StringComparison.Ordinal)).JsonAsync()).Status.ShouldBe(200);

        sandbox["codex-1"].SetModelQuota("gpt-5.1-codex", 1, _time.GetUtcNow().AddDays(2));
        using var codex = await sandbox.ChatGptAsync(SandboxClient.Response("hi"));
        ((int)codex.StatusCode).ShouldBe(429);
        codex.Headers.GetValues("x-codex-active-limit").Single().ShouldBe("codex_gpt51codex");
        codex.Headers.GetValues("x-codex-gpt51codex-limit-name").Single().ShouldBe("gpt-5.1-codex");
        var json = JsonNode.Parse(await codex.Content.ReadAsStringAsync())!;
        json["error"]!["resets_in_seconds"]!.GetValue<long>().ShouldBe(172_800);
    }
}
