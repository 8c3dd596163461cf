using System.Net;
using Proxy.Host.Serving;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Providers behind TLS and HTTP/2, with a certificate that only the tests' engine trusts.</summary>
public sealed class TlsUpstreamTests
{
    [Theory]
    [InlineData(Asking.Claude)]
    [InlineData(Asking.Gpt)]
    public async Task Requests_share_one_http2_connection_and_fail_over_on_it(string model)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { Tls = true } });
        var first = model == Asking.Claude ? "claude-1" : "codex-1";
        host.Sandbox.Accounts[first].ExhaustQuota(SandboxWindow.FiveHours, TimeProviders.Real.GetUtcNow().AddHours(2));

        for (var i = 0; i < 3; i++)
        {
            var answer = await host.AskAsync(Dialect.AnthropicMessages, model, $"[[n=3]] hello {i}", stream: true);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            answer.Body.ShouldContain("[served by ");
        }

        host.Sandbox.Requests.All.ShouldAllBe(r => r.Protocol == "HTTP/2");
        host.Sandbox.Requests.Count.ShouldBe(4);
        host.Sandbox.Requests.All.Select(r => r.ConnectionId).Distinct().ShouldHaveSingleItem();
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task Expired_token_is_refreshed_over_tls()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { Tls = true, ClaudeAccounts = 1 } });
        host.Sandbox.Accounts["claude-1"].ExpireAccessToken();

        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);

        host.Sandbox.Requests.Of(SandboxOperation.Token).ShouldHaveSingleItem().Status.ShouldBe(200);
    }

    [Fact]
    public async Task Without_that_trust_the_certificate_is_refused()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { Tls = true }, StartEngine = RealEngine.StartAsync, Yaml = "request-retry: 0" });

        var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello");

        answer.Status.ShouldBe(HttpStatusCode.BadGateway, answer.Body);
        host.Sandbox.Requests.Count.ShouldBe(0);
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
    }
}
