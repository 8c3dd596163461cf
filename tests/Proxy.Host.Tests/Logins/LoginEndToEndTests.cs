using System.Net;
using Proxy.Host.Serving;
using Proxy.Host.Tests.EndToEnd;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;

namespace Proxy.Host.Tests.Logins;

/// <summary>From the command line through the provider's pages to a file, and to a request that the new account serves. The file watcher is real, so the clock is.</summary>
public sealed class LoginEndToEndTests
{
    [Fact]
    public async Task Claude_login_adds_an_account_that_serves()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { ClaudeAccounts = 0 } });
        await using var bench = LoginBench.Beside(host);
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        var page = await person.AgreeAsync("second-max");

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        page.Html.ShouldContain("You are logged in");
        Path.GetFileName(bench.Files.Single(f => f.Contains("claude-", StringComparison.Ordinal))).ShouldBe("claude-second-max@sandbox.example.json");
        run.Out.ToString().ShouldContain("Logged in as second-max@sandbox.example (Sandbox).");
        run.Out.ToString().ShouldContain("claude-second-max@sandbox.example.json");
        await ServesAsync(host, Dialect.AnthropicMessages, Asking.Claude, "second-max", "s…@sandbox.example");
    }

    [Fact]
    public async Task Codex_login_adds_an_account_that_serves()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { ChatGptAccounts = 0 } });
        await using var bench = LoginBench.Beside(host);
        var run = bench.Run("accounts", "login", "codex", "--no-browser", "--oauth-callback-port", "0");
        using var person = await run.PersonAsync();

        var page = await person.AgreeAsync("second-plus");

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        page.Html.ShouldContain("You are logged in");
        Path.GetFileName(bench.Files.Single(f => f.Contains("codex-", StringComparison.Ordinal))).ShouldMatch("^codex-[0-9a-f]{8}-second-plus@sandbox\\.example-plus\\.json$");
        await ServesAsync(host, Dialect.OpenAIResponses, Asking.Gpt, "second-plus", "s…@sandbox.example");
    }

    [Fact]
    public async Task Login_heals_an_account_that_needs_one_and_keeps_its_settings()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { ClaudeAccounts = 1 } });
        await using var bench = LoginBench.Beside(host);
        host.Sandbox.Accounts["claude-1"].RevokeTokens();
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "claude-1" && ((string?)a["state"])!.Contains("login", StringComparison.OrdinalIgnoreCase)));
        var files = bench.Files.Length;
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        await person.AgreeAsync("claude-1");

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        bench.Files.Length.ShouldBe(files);
        run.Out.ToString().ShouldContain("its tokens are new, all else stays");
        await ServesAsync(host, Dialect.AnthropicMessages, Asking.Claude, "claude-1", "claude-1");
    }

    [Fact]
    public async Task Two_workspaces_of_one_email_are_two_accounts_that_both_serve()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { ChatGptAccounts = 0 } });
        await using var bench = LoginBench.Beside(host);
        foreach (var name in new[] { "home", "office" })
        {
            var account = host.Sandbox.Accounts.AddChatGpt(name);
            account.Email = "one-person@sandbox.example";
            var run = bench.Login("--codex-login");
            using var person = await run.PersonAsync();
            await person.AgreeAsync(name);
            (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        }

        bench.Files.Count(f => f.Contains("one-person@sandbox.example", StringComparison.Ordinal)).ShouldBe(2);
        await host.UntilAsync(accounts => accounts.Count(a => (string?)a["label"] == "o…@sandbox.example" && (string?)a["state"] == "ready") == 2);
        var served = new[] { await host.AskAsync(Dialect.OpenAIResponses, Asking.Gpt, "hello 1"), await host.AskAsync(Dialect.OpenAIResponses, Asking.Gpt, "hello 2") };
        string.Concat(served.Select(s => s.Body)).ShouldContain("[served by home]");
        string.Concat(served.Select(s => s.Body)).ShouldContain("[served by office]");
    }

    private static async Task ServesAsync(HostFixture host, Dialect dialect, string model, string name, string label)
    {
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == label && (string?)a["state"] == "ready"));
        var answer = await host.AskAsync(dialect, model, "hello");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Body.ShouldContain($"[served by {name}]");
    }
}
