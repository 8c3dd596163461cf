namespace Proxy.Sandbox.Tests.OAuth;

public sealed class TokenEndpointTests
{
    [Fact]
    public async Task Claude_refresh_rotates_and_the_reuse_of_an_old_token_revokes_everything()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var account = sandbox["claude-1"];
        var old = account.RefreshToken;
        var (status, grant) = await sandbox.RefreshClaudeAsync(old).JsonAsync();
        status.ShouldBe(200);
        grant["access_token"]!.GetValue<string>().ShouldBe("sandbox-access-claude-1-g2");
        grant["refresh_token"]!.GetValue<string>().ShouldBe("sandbox-refresh-claude-1-g2");
        grant["expires_in"]!.GetValue<int>().ShouldBe(8 * 3600);
        (await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false")).JsonAsync()).Status.ShouldBe(200);

        var (reused, error) = await sandbox.RefreshClaudeAsync(old).JsonAsync();
        reused.ShouldBe(400);
        error["error"]!.GetValue<string>().ShouldBe("invalid_grant");
        (await sandbox.RefreshClaudeAsync(account.RefreshToken).JsonAsync()).Status.ShouldBe(400);
        (await sandbox.AnthropicAsync(SandboxClient.Message("hi")).JsonAsync()).Status.ShouldBe(401);
        sandbox.Server.TokenCalls.ShouldBe(3);
    }

    [Fact]
    public async Task ChatGpt_refresh_rotates_and_says_when_a_token_was_reused()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var old = sandbox["codex-1"].RefreshToken;
        var (status, grant) = await sandbox.RefreshChatGptAsync(old).JsonAsync();
        status.ShouldBe(200);
        grant["access_token"]!.GetValue<string>().Split('.').Length.ShouldBe(3);
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).EventsAsync())[^1].Type().ShouldBe("response.completed");
        var (reused, error) = await sandbox.RefreshChatGptAsync(old).JsonAsync();
        reused.ShouldBe(401);
        error["error"]!["code"]!.GetValue<string>().ShouldBe("refresh_token_reused");
    }

    [Fact]
    public async Task Expired_token_is_refused_in_the_real_words_until_refreshed()
    {
        var time = new Proxy.Testing.ManualTimeProvider();
        await using var sandbox = await SandboxClient.StartAsync(time: time);
        time.Advance(TimeSpan.FromHours(8));
        var (status, json) = await sandbox.AnthropicAsync(SandboxClient.Message("hi")).JsonAsync();
        status.ShouldBe(401);
        json["error"]!["message"]!.GetValue<string>().ShouldStartWith("OAuth token has expired");
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).JsonAsync()).Status.ShouldBe(401);
        await sandbox.RefreshClaudeAsync(sandbox["claude-1"].RefreshToken).JsonAsync();
        (await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false")).JsonAsync()).Status.ShouldBe(200);
    }
}
