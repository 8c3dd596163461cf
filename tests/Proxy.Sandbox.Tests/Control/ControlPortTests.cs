using System.Text.Json.Nodes;

namespace Proxy.Sandbox.Tests.Control;

public sealed class ControlPortTests
{
    [Fact]
    public async Task Faults_quota_and_tokens_are_set_over_http()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        (await SendAsync(sandbox, "token-of-nobody", "{}")).Status.ShouldBe(401);
        var (status, state) = await SendAsync(sandbox, sandbox.Server.ControlToken, """
            [{"do":"fault","account":"claude-1","operation":"messages","status":529,"body":"{\"a\":1}","headers":{"retry-after":"3"}},
             {"do":"quota","account":"codex-1","window":"5h","used":1,"resetsInSeconds":60},
             {"do":"expire","account":"claude-2"}]
            """);
        status.ShouldBe(200);
        state["accounts"]!.AsArray().Single(a => a!["name"]!.GetValue<string>() == "claude-1")!["faultsWaiting"]!.GetValue<int>().ShouldBe(1);

        using var faulty = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        ((int)faulty.StatusCode).ShouldBe(529);
        faulty.Headers.GetValues("retry-after").Single().ShouldBe("3");
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).JsonAsync()).Status.ShouldBe(429);
        (await sandbox.AnthropicAsync(SandboxClient.Message("hi"), "claude-2").JsonAsync()).Status.ShouldBe(401);

        (await SendAsync(sandbox, sandbox.Server.ControlToken, """{"do":"reset"}""")).Status.ShouldBe(200);
        (await sandbox.ChatGptAsync(SandboxClient.Response("hi")).EventsAsync())[^1].Type().ShouldBe("response.completed");
        (await SendAsync(sandbox, sandbox.Server.ControlToken, """{"do":"dance","account":"claude-1"}""")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Identity_and_models_are_set_over_http()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        (await SendAsync(sandbox, sandbox.Server.ControlToken, """
            [{"do":"identity","account":"claude-1","strict":true},{"do":"model","account":"codex-1","model":"gpt-5.4"}]
            """)).Status.ShouldBe(200);

        var (status, json) = await sandbox.AnthropicAsync(SandboxClient.Message("hi")).JsonAsync();
        status.ShouldBe(400);
        json["error"]!["message"]!.GetValue<string>().ShouldContain("only authorized for use with");
        sandbox.Server.Accounts["codex-1"].Refuses("gpt-5.4").ShouldBeTrue();

        (await SendAsync(sandbox, sandbox.Server.ControlToken, """
            [{"do":"identity","account":"claude-1","strict":false},{"do":"model","account":"codex-1","model":"gpt-5.4","refused":false}]
            """)).Status.ShouldBe(200);
        using var served = await sandbox.AnthropicAsync(SandboxClient.Message("hi"));
        ((int)served.StatusCode).ShouldBe(200);
        sandbox.Server.Accounts["codex-1"].Refuses("gpt-5.4").ShouldBeFalse();
    }

    [Fact]
    public async Task Faults_of_a_login_before_an_account_is_known_are_set_over_http()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        (await SendAsync(sandbox, sandbox.Server.ControlToken, """{"do":"fault","account":"login","operation":"authorize","status":502,"times":2}""")).Status.ShouldBe(200);

        using var broken = await sandbox.Http.GetAsync(sandbox.Server.ClaudeAuthorizeUrl, SandboxClient.FailSafe);
        ((int)broken.StatusCode).ShouldBe(502);
        (await SendAsync(sandbox, sandbox.Server.ControlToken, """{"do":"clear","account":"login"}""")).Status.ShouldBe(200);
        using var page = await sandbox.Http.GetAsync(sandbox.Server.ClaudeAuthorizeUrl, SandboxClient.FailSafe);
        ((int)page.StatusCode).ShouldBe(400); // without parameters
        (await SendAsync(sandbox, sandbox.Server.ControlToken, """{"do":"expire","account":"login"}""")).Status.ShouldBe(400);
    }

    private static Task<(int Status, JsonObject Json)> SendAsync(SandboxClient sandbox, string token, string command)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(sandbox.Server.ControlUrl, "/control")) { Content = new StringContent(command) };
        request.Headers.Authorization = new("Bearer", token);
        return sandbox.Http.SendAsync(request, SandboxClient.FailSafe).JsonAsync();
    }
}
