using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Upstreams that think for minutes, on virtual time, through the real parts.</summary>
public sealed class SilenceTests
{
    private const string KeepAlive = ": keep-alive\n\n";

    private readonly ManualTimeProvider _time = new();
    private readonly SandboxGate _gate = new();

    [Theory]
    [InlineData(Dialect.OpenAIResponses, false)]
    [InlineData(Dialect.OpenAIResponses, true)]
    [InlineData(Dialect.AnthropicMessages, false)]
    [InlineData(Dialect.OpenAIChat, true)]
    public async Task Nine_minutes_of_silence_after_response_created_are_bridged(Dialect dialect, bool dies)
    {
        await using var host = await StartAsync(dies ? FaultEnd.Reset : FaultEnd.None);
        using var answer = await BeginInSilenceAsync(host, dialect);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var text = await KeepAlivesAsync(body, 36);
        text.ShouldBe(string.Concat(Enumerable.Repeat(KeepAlive, 36)));
        var first = host.Sandbox.Requests.All.Single().Account!;

        _gate.Open();

        var rest = await HostFixture.ReadAsync(body);
        var served = dies ? (first == "codex-1" ? "codex-2" : "codex-1") : first;
        rest.ShouldContain($"[served by {served}]");
        rest.ShouldNotContain("event: error");
        rest.ShouldNotContain("response.failed");
        host.Sandbox.Requests.Count.ShouldBe(dies ? 2 : 1);
        (rest.Split("response.created").Length - 1).ShouldBe(dialect == Dialect.OpenAIResponses ? 2 : 0); // event line and data of one
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task Watchdog_ends_the_attempt_at_600_s_and_the_other_account_answers()
    {
        await using var host = await StartAsync(FaultEnd.None);
        using var answer = await BeginInSilenceAsync(host, Dialect.OpenAIResponses);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await KeepAlivesAsync(body, 39);
        var first = host.Sandbox.Requests.All.Single();
        first.Aborted.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(16));

        await first.Aborted.WaitAsync(Deadline.Long);
        (await HostFixture.ReadAsync(body)).ShouldContain($"[served by {(first.Account == "codex-1" ? "codex-2" : "codex-1")}]");
        host.Sandbox.Requests.Count.ShouldBe(2);
        await host.LeavesNoLeaseAsync();
    }

    private Task<HostFixture> StartAsync(FaultEnd end)
    {
        // Whoever is asked first falls silent: the other one's fault is taken back when it is known who that is.
        var silence = SandboxFault.Stall(_gate, FaultPlace.AfterEvents(1)) with { End = end };
        return HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30) },
            Time = _time,
            PrepareSandbox = s =>
            {
                s.Accounts["codex-1"].Script.Enqueue(silence);
                s.Accounts["codex-2"].Script.Enqueue(silence);
            },
        });
    }

    private async Task<HttpResponseMessage> BeginInSilenceAsync(HostFixture host, Dialect dialect)
    {
        var asking = host.BeginAsync(dialect, Asking.Gpt, "[[n=3]] hello");
        await _gate.Reached.WaitAsync(Deadline.Long);
        host.Sandbox.Accounts[host.Sandbox.Requests.All.Single().Account == "codex-1" ? "codex-2" : "codex-1"].Script.Clear();

        // Headers and response.created are held; the proxy has read them once the account has its reading.
        await host.UntilAsync(accounts => accounts.Any(a => a["windows"]!.AsArray().Count > 0));
        asking.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(15));
        return await asking;
    }

    /// <summary>Reads keep-alives, the first of which is on its way, and lets 15 s pass for each of the others.</summary>
    private async Task<string> KeepAlivesAsync(Stream body, int count)
    {
        var text = await ReadExactlyAsync(body, KeepAlive.Length);
        for (var i = 1; i < count; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            text += await ReadExactlyAsync(body, KeepAlive.Length);
        }

        return text;
    }

    private static async Task<string> ReadExactlyAsync(Stream body, int length)
    {
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        var buffer = new byte[length];
        await body.ReadExactlyAsync(buffer, deadline.Token);
        return System.Text.Encoding.ASCII.GetString(buffer);
    }
}
