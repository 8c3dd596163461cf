using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>A provider that serves subscription logins to its own programs only (docs/provider-accounts.md).</summary>
public sealed class IdentityTests
{
    [Theory]
    [InlineData(Dialect.AnthropicMessages, Asking.Claude)]
    [InlineData(Dialect.OpenAIChat, Asking.Claude)]
    [InlineData(Dialect.OpenAIResponses, Asking.Claude)]
    [InlineData(Dialect.AnthropicMessages, Asking.Gpt)]
    [InlineData(Dialect.OpenAIResponses, Asking.Gpt)]
    public async Task Strict_provider_is_quoted_and_the_page_that_explains_it_is_named(Dialect dialect, string model)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions(),
            PrepareSandbox = s => s.Accounts.All.ToList().ForEach(a => a.StrictIdentity = true),
        });

        var answer = await host.AskAsync(dialect, model, "hello", stream: true);

        ((int)answer.Status).ShouldBe(model == Asking.Claude ? 400 : 403, answer.Body);
        var message = ((string?)answer.Json["error"]!["message"]).ShouldNotBeNull();
        message.ShouldContain("This credential is only authorized for use with");
        message.ShouldContain("docs/provider-accounts.md");
        answer.Header("x-should-retry").ShouldBe("false");

        // Nothing is tried behind the owner's back: no second account, no other shape, no quarantine.
        host.Sandbox.Requests.Count.ShouldBe(1);
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
        host.Sandbox.Requests.All.Single().Header("user-agent").ShouldNotBeNull().ShouldStartWith("CliProxyActors/");
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public void The_page_exists() => File.Exists(Path.Join(Root(), "docs", "provider-accounts.md")).ShouldBeTrue();

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(directory, "CliProxyActors.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("not inside the repository");
        }

        return directory;
    }
}
