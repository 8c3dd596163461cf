using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;

namespace Proxy.Host.Tests.Endpoints;

/// <summary>One account runs out of quota in the middle of the fun: seen from outside, through the real parts.</summary>
public sealed class FailoverTests
{
    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", "claude-1", "claude-2")]
    [InlineData("gpt-5.1", "codex-1", "codex-2")]
    public async Task The_other_account_serves_and_debug_actors_says_why(string model, string first, string second)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });
        host.Sandbox.Accounts[first].ExhaustQuota(SandboxWindow.FiveHours, TimeProviders.Real.GetUtcNow() + TimeSpan.FromHours(2));
        for (var i = 0; i < 4; i++)
        {
            (await SendAsync(host, model, $"hello {i}")).ShouldContain($"[served by {second}]");
        }

        var tree = JsonNode.Parse(await host.Client.GetStringAsync("/debug/actors"))!;
        var account = tree["accounts"]!.AsObject().Select(a => a.Value!).Single(a => (string?)a["label"] == first);
        account.ToJsonString().ShouldContain("QuotaExhausted");
        account["counters"]!["attempts"]!.GetValue<int>().ShouldBe(1);
        host.Logs.All.Count(l => l.Contains("after QuotaExhausted 429", StringComparison.Ordinal) && l.Contains($"200 {second}", StringComparison.Ordinal) && l.Contains("2×", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_secret_is_logged_or_shown()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions(), Yaml = "api-keys: [made-up-client-key]" });
        using var request = Request("claude-sonnet-4-5-20250929", "a private prompt");
        request.Headers.Add("x-api-key", "made-up-client-key");
        using var answer = await host.Client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var shown = await host.Client.GetStringAsync("/debug/actors") + string.Join('\n', host.Logs.All);
        foreach (var account in host.Sandbox.Accounts.All)
        {
            shown.ShouldNotContain(account.AccessToken);
            shown.ShouldNotContain(account.RefreshToken);
            shown.ShouldNotContain(account.ApiKey);
            shown.ShouldNotContain(account.Email);
        }

        shown.ShouldNotContain("made-up-client-key");
        shown.ShouldNotContain("private prompt");
        shown.ShouldNotContain(host.Sandbox.ControlToken);
    }

    private static HttpRequestMessage Request(string model, string text) => new(HttpMethod.Post, "/v1/messages")
    {
        Content = new StringContent($$"""{"model":"{{model}}","max_tokens":500,"messages":[{"role":"user","content":"{{text}}"}]}""", Encoding.UTF8, "application/json"),
    };

    private static async Task<string> SendAsync(HostFixture host, string model, string text)
    {
        using var answer = await host.Client.SendAsync(Request(model, text));
        var body = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, body);
        return body;
    }
}
