using System.Net;
using Proxy.Host.Logins;
using Proxy.Host.Serving;
using Proxy.Host.Tests.EndToEnd;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.Logins;

/// <summary>The login by a code on another device.</summary>
public sealed class DeviceFlowTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Device_login_adds_an_account_that_serves()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { ChatGptAccounts = 0 } });
        await using var bench = LoginBench.Beside(host);
        var run = bench.Run("accounts", "login", "codex", "--device");

        await TypeAsync(bench, await run.UserCodeAsync(), "from-a-phone", "allow");

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "f…@sandbox.example" && (string?)a["state"] == "ready"));
        (await host.AskAsync(Dialect.OpenAIResponses, Asking.Gpt, "hello")).Body.ShouldContain("[served by from-a-phone]");
    }

    [Fact]
    public async Task Login_polls_at_the_providers_pace_until_the_person_agrees()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Run("--codex-device-login");
        var code = await run.UserCodeAsync();
        await PollAsync(bench, 2, Interval);
        await PollAsync(bench, 3, Interval);

        await TypeAsync(bench, code, "codex-1", "allow");
        await PollAsync(bench, 4, Interval);

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        bench.Files.ShouldHaveSingleItem().ShouldContain("codex-1@sandbox.example");
        run.Out.ToString().ShouldContain("/codex/device");
    }

    [Fact]
    public async Task Login_slows_down_when_asked_to()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        bench.Sandbox.LoginFaults.Enqueue(SandboxFault.None.For(SandboxOperation.Device), SandboxFault.Answer(400, """{"error":"slow_down"}""").For(SandboxOperation.Device), SandboxFault.Answer(429, "{}", new KeyValuePair<string, string>("Retry-After", "40")).For(SandboxOperation.Device));
        var run = bench.Run("--codex-device-login");
        await run.UserCodeAsync();

        await PollAsync(bench, 2, Interval);
        await PollAsync(bench, 3, TimeSpan.FromSeconds(10));
        await PollAsync(bench, 4, TimeSpan.FromSeconds(40));
        await PollAsync(bench, 5, TimeSpan.FromSeconds(15));

        run.Exit.IsCompleted.ShouldBeFalse();
        _time.Advance(DeviceFlow.Limit);
        await run.Code;
    }

    [Fact]
    public async Task No_on_the_device_page_ends_the_login()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Run("--codex-device-login");

        await TypeAsync(bench, await run.UserCodeAsync(), "codex-1", "deny");
        await PollAsync(bench, 2, Interval);

        (await run.Code).ShouldBe(ExitCodes.LoginDenied);
        bench.Files.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_types_the_code_and_the_login_ends_after_fifteen_minutes()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Run("--codex-device-login");
        await run.UserCodeAsync();
        var begun = _time.GetUtcNow();
        for (var calls = 2; _time.GetUtcNow() - begun < DeviceFlow.Limit; calls++)
        {
            run.Exit.IsCompleted.ShouldBeFalse();
            await PollAsync(bench, calls, Interval);
        }

        (await run.Code).ShouldBe(ExitCodes.LoginTimedOut);
    }

    [Fact]
    public async Task Trouble_on_the_way_is_sat_out()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        bench.Sandbox.LoginFaults.Enqueue(
            SandboxFault.None.For(SandboxOperation.Device), SandboxFault.Answer(502, "{}").For(SandboxOperation.Device),
            (SandboxFault.None with { Place = FaultPlace.BeforeHeaders, End = FaultEnd.Reset }).For(SandboxOperation.Device));
        var run = bench.Run("--codex-device-login");
        var code = await run.UserCodeAsync();
        await PollAsync(bench, 2, Interval);
        await PollAsync(bench, 3, TimeSpan.FromSeconds(10));
        await TypeAsync(bench, code, "codex-2", "allow");

        await PollAsync(bench, 4, TimeSpan.FromSeconds(15));

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
    }

    [Theory]
    [InlineData(404, ExitCodes.LoginRefused, "--codex-login works without")]
    [InlineData(500, ExitCodes.Network, "500")]
    [InlineData(400, ExitCodes.LoginRefused, "400")]
    public async Task Login_that_can_not_begin_says_why(int status, int exitCode, string says)
    {
        await using var bench = await LoginBench.StartAsync(_time);
        bench.Sandbox.LoginFaults.Enqueue(SandboxFault.Answer(status, "{}").For(SandboxOperation.Device));

        var run = bench.Run("--codex-device-login");

        (await run.Code).ShouldBe(exitCode);
        run.Error.ToString().ShouldContain(says);
    }

    private static async Task TypeAsync(LoginBench bench, string code, string account, string decision)
    {
        using var phone = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var answer = await phone.PostAsync(new Uri(bench.Sandbox.CodexDeviceUrl, "/codex/device"), new FormUrlEncodedContent([new("user_code", code), new("account", account), new("decision", decision)]));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    // Lets the wait pass, and no more: until the login waits for that long again, its call may still be under way.
    private async Task PollAsync(LoginBench bench, int calls, TimeSpan wait)
    {
        await ArmedAsync(wait);
        _time.Advance(wait);
        await UntilAsync(() => bench.Sandbox.Requests.All.Count(r => r.Operation == SandboxOperation.Device) == calls, $"call {calls} never came");
    }

    private Task ArmedAsync(TimeSpan wait) => UntilAsync(() => _time.NextDue == _time.GetUtcNow() + wait, $"nothing waits for {wait}");

    private static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        while (!condition())
        {
            deadline.IsCancellationRequested.ShouldBeFalse(otherwise);
            await Task.Yield();
        }
    }
}
