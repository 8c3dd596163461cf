using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.Tests.Accounts;

public sealed class QuotaTests
{
    [Fact]
    public async Task Use_moves_the_headers_and_exhaustion_is_refused_until_the_reset()
    {
        var time = new Proxy.Testing.ManualTimeProvider();
        await using var sandbox = await SandboxClient.StartAsync(new SandboxOptions { SharePerRequest = 0.25, TokenLifetime = TimeSpan.FromDays(2) }, time);
        var shares = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            using var served = await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false"));
            shares.Add(served.Headers.GetValues("anthropic-ratelimit-unified-5h-utilization").Single());
        }

        shares.ShouldBe(["0.25", "0.5", "0.75", "1"]);
        using var refused = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        ((int)refused.StatusCode).ShouldBe(429);
        refused.Headers.GetValues("anthropic-ratelimit-unified-5h-status").Single().ShouldBe("rejected");
        refused.Headers.GetValues("anthropic-ratelimit-unified-7d-status").Single().ShouldBe("allowed");
        refused.Headers.GetValues("retry-after").Single().ShouldBe("18000");
        refused.Headers.Contains("Set-Cookie").ShouldBeTrue();

        time.Advance(TimeSpan.FromHours(5));
        (await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false")).JsonAsync()).Status.ShouldBe(200);
    }

    [Fact]
    public async Task ChatGpt_says_when_its_window_resets()
    {
        var time = new Proxy.Testing.ManualTimeProvider();
        await using var sandbox = await SandboxClient.StartAsync(time: time);
        sandbox["codex-1"].ExhaustQuota(SandboxWindow.FiveHours, time.GetUtcNow().AddHours(2));
        using var response = await sandbox.ChatGptAsync(SandboxClient.Response("hi"));
        ((int)response.StatusCode).ShouldBe(429);
        response.Headers.GetValues("x-codex-primary-used-percent").Single().ShouldBe("100");
        var (_, json) = await Task.FromResult(response).JsonAsync();
        json["error"]!["type"]!.GetValue<string>().ShouldBe("usage_limit_reached");
        json["error"]!["resets_in_seconds"]!.GetValue<long>().ShouldBe(7200);
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi"), "codex-2").EventsAsync())[^1].Type().ShouldBe("response.completed");
    }

    [Fact]
    public async Task Auth_files_hold_the_pair_and_the_given_expiry_for_the_owner_alone()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var directory = Directory.CreateTempSubdirectory("sandbox-auth-").FullName;
        try
        {
            var files = sandbox.Server.WriteAuthFiles(directory, new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero));
            files.Count.ShouldBe(4);
            Path.GetFileName(files[0]).ShouldBe("claude-claude-1@sandbox.example.json");
            Path.GetFileName(files[2]).ShouldMatch("^codex-[0-9a-f]{8}-codex-1@sandbox.example-plus.json$");
            var json = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(files[2]))!;
            json["expired"]!.GetValue<string>().ShouldBe("2026-02-03T04:05:06+00:00");
            json["access_token"]!.GetValue<string>().ShouldBe(sandbox["codex-1"].AccessToken);
            json["account_id"]!.GetValue<string>().ShouldBe(sandbox["codex-1"].AccountId);
            if (!OperatingSystem.IsWindows())
            {
                File.GetUnixFileMode(files[0]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Two_sandboxes_asked_the_same_answer_the_same()
    {
        async Task<string> RunAsync()
        {
            await using var sandbox = await SandboxClient.StartAsync();
            return await sandbox.AnthropicAsync(SandboxClient.Message("[[think]] [[unicode]]")).TextAsync()
                + await sandbox.ChatGptAsync(SandboxClient.Response("[[think]] [[unicode]]")).TextAsync()
                + await sandbox.CompatibleAsync(SandboxClient.Chat("[[n=5 size=3]]")).TextAsync();
        }

        (await RunAsync()).ShouldBe(await RunAsync());
    }
}
