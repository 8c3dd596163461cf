using System.Net;
using System.Net.Sockets;
using System.Text;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>What is the request's or the client's own fault, and hurts no account.</summary>
public sealed class RequestFaultTests
{
    [Theory]
    [InlineData(Asking.Claude, 413, """{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}""", "maximum size")]
    [InlineData(Asking.Claude, 400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 201000 tokens > 200000 maximum"}}""", "prompt is too long")]
    [InlineData(Asking.Gpt, 413, """{"detail":"Request body is too large"}""", "too large")]
    [InlineData(Asking.Gpt, 400, """{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","code":"context_length_exceeded"}}""", "")]
    public async Task Fault24_too_large_a_request_is_passed_on_at_once_and_hurts_no_account(string model, int status, string body, string words)
    {
        foreach (var dialect in Enum.GetValues<Dialect>())
        {
            await using var host = await HostFixture.StartAsync(new HostFixtureOptions
            {
                Sandbox = new SandboxOptions(),
                PrepareSandbox = s => s.Accounts.All.ToList().ForEach(a => a.Script.Enqueue(SandboxFault.Answer(status, body))),
            });

            var answer = await host.AskAsync(dialect, model, "hello", stream: true);

            ((int)answer.Status).ShouldBe(status, answer.Body);
            ((string?)answer.Json["error"]!["message"]).ShouldNotBeNull().ShouldContain(words);
            host.Sandbox.Requests.Count.ShouldBe(1);
            var accounts = await host.AccountsAsync();
            accounts.ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0 && (string?)a["state"] == "ready");
            await host.LeavesNoLeaseAsync();

            // The same account serves the next request, which is smaller.
            host.Sandbox.Accounts.All.ToList().ForEach(a => a.Script.Clear());
            for (var i = 0; i < 2; i++)
            {
                (await host.AskAsync(dialect, model, $"hello {i}")).Status.ShouldBe(HttpStatusCode.OK);
            }

            host.Sandbox.Requests.All.Select(r => r.Account).Distinct().Count().ShouldBe(2);
        }
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    public async Task Fault38_reader_that_stops_stops_the_provider_and_gets_everything_when_it_goes_on(Dialect dialect)
    {
        const int Events = 1000, Size = 64 * 1024;
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { ClaudeAccounts = 1, ChatGptAccounts = 1 } });
        var body = Asking.Body(dialect, Asking.Claude, $"[[n={Events} size={Size}]] hello", stream: true).ToJsonString();
        using var socket = new TcpClient { NoDelay = true, ReceiveBufferSize = 64 * 1024 };
        await socket.ConnectAsync(host.BaseUrl.Host, host.BaseUrl.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"POST {Asking.PathOf(dialect)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        (await HostFixture.ReadAsync(stream, until: "lorem")).ShouldContain("200 OK");

        // Nobody reads now: what the provider can still write is in buffers, until nothing moves any more.
        var seen = host.Sandbox.Requests.All.Single();
        var (written, still) = (-1, 0);
        while (still < 50)
        {
            await host.AccountsAsync();
            still = seen.EventsWritten == written ? still + 1 : 0;
            written = seen.EventsWritten;
        }

        written.ShouldBeLessThan(Events / 2);
        seen.Completed.IsCompleted.ShouldBeFalse();

        var rest = await CountAsync(stream);
        rest.ShouldBeGreaterThan((long)(Events - 1) * Size);
        await seen.Completed.WaitAsync(Deadline.Long);
        seen.EventsWritten.ShouldBeGreaterThan(Events);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(FaultPlaceKind.InString, "cut")]
    [InlineData(FaultPlaceKind.AfterEvents, "error")]
    public async Task Fault26_Fault36_what_breaks_after_text_ends_broken_in_every_dialect_and_is_not_tried_again(FaultPlaceKind kind, string how)
    {
        foreach (var model in new[] { Asking.Claude, Asking.Gpt })
        {
            foreach (var dialect in Enum.GetValues<Dialect>())
            {
                var fault = how == "cut" ? SandboxFault.Cut(new FaultPlace(kind, 8)) : SandboxFault.StreamError("api_error", "made-up trouble", afterEvents: 8);
                await using var host = await HostFixture.StartAsync(new HostFixtureOptions
                {
                    Sandbox = new SandboxOptions(),
                    PrepareSandbox = s => s.Accounts.All.ToList().ForEach(a => a.Script.Enqueue(fault)),
                });

                var answer = await host.AskAsync(dialect, model, "[[n=50]] hello", stream: true);

                answer.Status.ShouldBe(HttpStatusCode.OK);
                answer.Body.ShouldContain("lorem");
                answer.Body.ShouldContain("error");
                answer.Body.ShouldNotContain("message_stop");
                answer.Body.ShouldNotContain("response.completed");
                answer.Body.ShouldNotContain("\"finish_reason\":\"stop\"");
                host.Sandbox.Requests.Count.ShouldBe(1);
                await host.LeavesNoLeaseAsync();
            }
        }
    }

    private static async Task<long> CountAsync(NetworkStream stream)
    {
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        var buffer = new byte[256 * 1024];
        var all = 0L;
        for (int read; (read = await stream.ReadAsync(buffer, deadline.Token)) > 0; all += read)
        {
        }

        return all;
    }
}
