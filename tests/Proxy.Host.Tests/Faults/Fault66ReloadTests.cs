using System.Net;
using Proxy.Host.Configuration;
using Proxy.Host.Tests.Hosting;
using Proxy.Testing;

namespace Proxy.Host.Tests.Faults;

/// <summary>The configuration is edited while requests run (spec/faults.md 66). Debounce and poll are on virtual time.</summary>
public sealed class Fault66ReloadTests
{
    private const string Body = """{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task Fault66_a_valid_edit_is_applied_once_and_a_running_request_keeps_its_configuration()
    {
        var time = new ManualTimeProvider();
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Time = time, Yaml = "api-keys: [old-key]" });
        var inside = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        host.Fake.Answer = async (request, sink, gone) =>
        {
            inside.TrySetResult();
            await go.Task;
            return await FakeEngine.Ok(request, sink, gone);
        };
        var running = SendAsync(host, "old-key");
        await inside.Task.WaitAsync(Deadline.Long);

        await EditAsync(host, "api-keys: [new-key]\nrequest-retry: 7\nport: 9999");
        await PollAsync(host, time, l => l.Contains("config.yaml applied", StringComparison.Ordinal));
        host.Fake.Configurations.ShouldHaveSingleItem().Routing.RequestRetry.ShouldBe(7);
        host.Host.Configuration.Version.ShouldBe(2);
        host.Host.Configuration.Server.Port.ShouldBe(8317);
        var line = host.Logs.All.Single(l => l.Contains("config.yaml applied", StringComparison.Ordinal));
        line.ShouldContain("request-retry");
        line.ShouldContain("needs a restart: port");
        line.ShouldNotContain("new-key");

        go.SetResult();
        (await running).ShouldBe(HttpStatusCode.OK);
        host.Fake.Requests.ShouldHaveSingleItem().Configuration.Routing.RequestRetry.ShouldBe(3);
        (await SendAsync(host, "old-key")).ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync(host, "new-key")).ShouldBe(HttpStatusCode.OK);
        host.Fake.Requests.Last().Configuration.Routing.RequestRetry.ShouldBe(7);
    }

    [Theory]
    [InlineData("request-retry: many", "config.yaml:3: request-retry")]
    [InlineData("request-retry: 5\n api-keys: [", "config.yaml:")]
    public async Task Fault66_an_invalid_edit_is_refused_with_one_line_and_the_last_good_stays(string text, string said)
    {
        var time = new ManualTimeProvider();
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Time = time, Yaml = "api-keys: [old-key]" });
        await EditAsync(host, text);
        var line = await PollAsync(host, time, l => l.Contains("Not applied", StringComparison.Ordinal));
        line.ShouldContain(said);
        host.Host.Configuration.Version.ShouldBe(1);
        host.Fake.Configurations.ShouldBeEmpty();
        (await SendAsync(host, "old-key")).ShouldBe(HttpStatusCode.OK);

        await EditAsync(host, "api-keys: [old-key]\nrequest-retry: 4");
        await PollAsync(host, time, l => l.Contains("config.yaml applied", StringComparison.Ordinal));
        host.Host.Configuration.Routing.RequestRetry.ShouldBe(4);
        host.Logs.All.Count(l => l.Contains("Not applied", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Fault66_an_empty_file_is_a_write_in_the_middle()
    {
        var time = new ManualTimeProvider();
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Time = time });
        await File.WriteAllTextAsync(host.ConfigurationPath, string.Empty);
        time.Advance(TimeSpan.FromSeconds(5));
        await EditAsync(host, "request-retry: 9");
        await PollAsync(host, time, l => l.Contains("config.yaml applied", StringComparison.Ordinal));
        host.Fake.Configurations.ShouldHaveSingleItem().Routing.RequestRetry.ShouldBe(9);
    }

    [Fact]
    public async Task Fault66_a_deleted_file_is_told_once_and_found_again()
    {
        var time = new ManualTimeProvider();
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Time = time, Yaml = "request-retry: 2" });
        File.Delete(host.ConfigurationPath);
        await PollAsync(host, time, l => l.Contains("does not exist", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromSeconds(10));
        host.Host.Configuration.Routing.RequestRetry.ShouldBe(2);
        (await SendAsync(host, "any")).ShouldBe(HttpStatusCode.OK);

        await EditAsync(host, "request-retry: 6");
        await PollAsync(host, time, l => l.Contains("config.yaml applied", StringComparison.Ordinal));
        host.Host.Configuration.Routing.RequestRetry.ShouldBe(6);
        host.Logs.All.Count(l => l.Contains("does not exist", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Fault66_a_rename_over_the_file_is_an_edit()
    {
        var time = new ManualTimeProvider();
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Time = time });
        var temporary = host.ConfigurationPath + ".new";
        await File.WriteAllTextAsync(temporary, "auth-dir: ./auths\nstate-dir: ./state\ndebug: true\n");
        File.Move(temporary, host.ConfigurationPath, overwrite: true);
        await PollAsync(host, time, l => l.Contains("config.yaml applied", StringComparison.Ordinal));
        host.Host.Configuration.Debug.ShouldBeTrue();
    }

    private static Task EditAsync(HostFixture host, string text) =>
        File.WriteAllTextAsync(host.ConfigurationPath, $"auth-dir: ./auths\nstate-dir: ./state\n{text}\n");

    /// <summary>One poll and one debounce of virtual time; the look itself is real work and is waited for by its log line.</summary>
    private static async Task<string> PollAsync(HostFixture host, ManualTimeProvider time, Predicate<string> line)
    {
        var seen = host.Logs.Line(line);
        time.Advance(ConfigurationWatcher.PollInterval + ConfigurationWatcher.Debounce + TimeSpan.FromMilliseconds(1));
        return await seen;
    }

    private static async Task<HttpStatusCode> SendAsync(HostFixture host, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("x-api-key", key);
        using var answer = await host.Client.SendAsync(request);
        return answer.StatusCode;
    }
}
