using System.Net;
using System.Text.Json.Nodes;
using Proxy.Host.Sandboxing;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Account files that come, change and go while the proxy serves. The system's watcher is the subject, so the clock is real.</summary>
public sealed class AccountFileTests
{
    private readonly SandboxGate _gate = new();

    [Fact]
    public async Task Added_file_serves_beside_a_stream_in_flight()
    {
        await using var host = await StartAsync();
        var stream = await BeginAtGateAsync(host);
        host.Sandbox.Accounts.AddClaude("claude-2");

        SandboxConfiguration.WriteAccounts(host.Sandbox, host.AuthDirectory);

        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "claude-2" && (string?)a["state"] == "ready"));
        var served = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            served.Add((await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, $"hello {i}")).Body);
        }

        served.ShouldContain(b => b.Contains("[served by claude-2]", StringComparison.Ordinal));
        await EndsWholeAsync(host, stream);
    }

    [Fact]
    public async Task Changed_file_takes_effect_and_the_stream_in_flight_goes_on()
    {
        await using var host = await StartAsync();
        var stream = await BeginAtGateAsync(host);
        var path = Directory.GetFiles(host.AuthDirectory, "claude-*.json").Single();

        var content = JsonNode.Parse(await File.ReadAllBytesAsync(path))!;
        content["label"] = "renamed";
        content["disabled"] = true;
        await File.WriteAllTextAsync(path, content.ToJsonString());
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "renamed" && ((string?)a["state"])!.StartsWith("paused", StringComparison.Ordinal)));
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await EndsWholeAsync(host, stream);
        host.Sandbox.TokenCalls.ShouldBe(0);
    }

    [Fact]
    public async Task Removed_file_lets_its_stream_end_and_then_the_account_is_gone()
    {
        await using var host = await StartAsync();
        var stream = await BeginAtGateAsync(host);

        File.Delete(Directory.GetFiles(host.AuthDirectory, "claude-*.json").Single());
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "claude-1" && ((string?)a["state"])!.Contains("removed", StringComparison.Ordinal)));
        var refused = await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello");
        ((int)refused.Status).ShouldBeOneOf(404, 503);

        await EndsWholeAsync(host, stream);
        await host.UntilAsync(accounts => accounts.All(a => (string?)a["label"] != "claude-1"));
    }

    private Task<HostFixture> StartAsync() => HostFixture.StartAsync(new HostFixtureOptions
    {
        Sandbox = new SandboxOptions { ClaudeAccounts = 1 },
        PrepareSandbox = s => s.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(_gate, FaultPlace.AfterEvents(5))),
    });

    private async Task<HttpResponseMessage> BeginAtGateAsync(HostFixture host)
    {
        var answer = await host.BeginAsync(Dialect.AnthropicMessages, Asking.Claude, "[[n=20]] hello");
        await _gate.Reached.WaitAsync(Deadline.Long);
        return answer;
    }

    private async Task EndsWholeAsync(HostFixture host, HttpResponseMessage stream)
    {
        _gate.Open();
        using (stream)
        {
            var text = await stream.Content.ReadAsStringAsync();
            text.ShouldContain("[served by claude-1]");
            text.ShouldContain("message_stop");
        }

        await host.LeavesNoLeaseAsync();
    }
}
